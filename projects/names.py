"""File names that people send, made harmless to show, to store in a row and to offer for download. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 200  # letters; rows hold 255, and "(2)" and endings must fit
# Cf holds what turns the direction of writing around: it can make "gpj.exe" read as "exe.jpg".
_NEVER = {"Cc", "Cs", "Co", "Cn", "Cf"}
_JOINERS = "\u200c\u200d"  # spelling in Persian and Hindi, and in emoji


def clean_name(given: str) -> str:
    """The last part of a path, without control, direction and invisible characters, at most LONGEST letters.

    The ending survives shortening. What is left empty is called "unnamed".
    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    kept = []
    for letter in name:
        category = unicodedata.category(letter)
        if category in {"Zl", "Zp"} or letter in "\t\n\r":
            kept.append(" ")
        elif category in _NEVER and letter not in _JOINERS:
            continue
        else:
            kept.append(letter)
    name = " ".join("".join(kept).split()).strip(". ")
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        if dot and 1 <= len(ending) <= 10:
            name = stem[: LONGEST - len(ending) - 2].rstrip() + "…." + ending
        else:
            name = name[: LONGEST - 1].rstrip() + "…"
    return name or "unnamed"
