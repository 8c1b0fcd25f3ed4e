from __future__ import annotations

import pytest

from accounts.forms import TUNINGS
from notation.score import tunings


@pytest.mark.parametrize("name", TUNINGS)
def test_every_tuning_that_people_may_prefer_can_be_fingered(name: str) -> None:
    assert len(tunings.fretboard(name).strings) >= 4


def test_people_may_prefer_every_tuning_that_can_be_fingered() -> None:
    assert {"-".join(name.lower().split()) for name in TUNINGS} == set(tunings.TUNINGS)
