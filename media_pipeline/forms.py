"""What a person chose in a form of options, in the words of recipes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from accounts.models import Preferences, User
from media_pipeline.graph import Recipe

_CLOCK = re.compile(r"^(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)$")


def chosen(plan: Recipe, posted: QueryDict, *, when: str = "") -> dict[str, Any]:
    """{"stage.option": value as typed} of the options that the form had. Times may be typed as 1:23."""
    found: dict[str, Any] = {}
    for name, option in plan.options(when):
        if name not in posted:
            continue
        value = posted.getlist(name)[-1].strip()
        if isinstance(option.default, float) and not option.choices and (clock := _CLOCK.match(value)):
            hours, minutes, seconds = clock.groups()
            found[name] = int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
        elif value == "" and not isinstance(option.default, str):
            found[name] = option.default
        else:
            found[name] = value
    return found


def preferred(plan: Recipe, user: User) -> dict[str, Any]:
    """What a person's preferences say about the options of a recipe: level, tuning and capo, wherever they are."""
    mine = Preferences.objects.filter(user=user).first()
    if mine is None:
        return {}
    wishes: Mapping[str, Any] = {"level": mine.level, "tuning": mine.tuning, "capo": mine.capo}
    found: dict[str, Any] = {}
    for name, option in plan.options():
        if option.name in wishes:
            try:
                value = option.clean(wishes[option.name])
            except ValueError:  # a preference from before this option changed
                continue
            if value != option.default:
                found[name] = value
    return found
