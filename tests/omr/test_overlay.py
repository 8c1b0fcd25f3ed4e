"""What was read, drawn over its page: everything stands where the side file says, in the colour that it should have."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.overlay import HEAD, RED, RIGHT, UNNAMED, WORDS, drawn

STAFF = {"box": [100, 200, 700, 240], "interline": 10.0}
PAGE: dict[str, Any] = {
    "file": 0, "sheet": 0, "half": "", "kind": "music", "dpi": 150, "problem": "",
    "systems": [{"brace": False, "box": STAFF["box"], "staves": [STAFF]}],
    "words": [{"text": "Allegro", "role": "tempo", "box": [120, 130, 220, 150], "confidence": 0.9}],
    "unnamed": [{"box": [500, 300, 560, 340]}],
}  # fmt: skip


def token(name: str, x: float, y: float) -> dict[str, Any]:
    return {"token": name, "box": [x - 6, y - 5, x + 6, y + 5], "confidence": 0.9}


def bar(left: float, right: float, doubt: float, *tokens: dict[str, Any]) -> dict[str, Any]:
    return {
        "measure": 0, "box": [left, 195, right, 245], "doubt": doubt, "doubtful": doubt >= 0.5,
        "reasons": ["too long for 3/4"] if doubt >= 0.5 else [], "tokens": list(tokens),
    }  # fmt: skip


LINE = {
    "page": 0, "system": 0, "staff": 0, "clef": "clef.G2", "key": "key.-2", "time": "time.C",
    "bars": [
        bar(100, 400, 0.1, token("acc.s", 190, 210), token("p6", 200, 210), token("d4", 200, 220)),
        bar(400, 700, 1.0, token("p2", 500, 230), token("d2", 500, 220)),
    ],
}  # fmt: skip


def picture(page: dict[str, Any] = PAGE, *lines: dict[str, Any]) -> NDArray[np.uint8]:
    """What is drawn, without the legend over it."""
    return drawn(np.full((500, 800), 255, np.uint8), page, lines)[-500:]


def close(pixels: NDArray[np.uint8], colour: tuple[int, int, int], within: int = 60) -> bool:
    """Whether any pixel is nearly of a colour."""
    return bool((np.abs(pixels.astype(int) - colour).sum(axis=-1) < within).any())


def test_notes_stand_where_they_were_read() -> None:
    out = picture(PAGE, LINE)
    bare = picture(PAGE, {**LINE, "bars": [bar(100, 400, 0.1), bar(400, 700, 1.0)]})
    middle = slice(208, 212), slice(198, 203)
    assert close(out[206:215, 192:209], HEAD)
    assert out[middle].astype(int).mean() < bare[middle].astype(int).mean() - 30  # a quarter is filled
    assert np.array_equal(out[229:232, 497:504], bare[229:232, 497:504])  # a half note is open
    assert close(out[226:235, 490:511], HEAD)


def test_a_doubtful_bar_is_red_and_a_right_one_is_not() -> None:
    out = picture(PAGE, LINE)
    assert close(out[190:250, 396:410], RED)
    assert not close(out[190:250, 96:300], RED)
    red, green, _ = out[242, 650].astype(int)
    assert red > green + 30
    red, green, _ = out[242, 350].astype(int)
    assert green >= red
    assert close(out[190:250, 96:110], RIGHT, 200)


def test_words_and_what_has_no_name_are_framed() -> None:
    out = picture()
    assert close(out[126:154, 115:122], WORDS["tempo"])
    assert close(out[296:304, 500:560], UNNAMED)
    assert not close(picture({**PAGE, "unnamed": [], "words": []}), UNNAMED)


def test_a_page_without_music_has_its_sentence() -> None:
    empty = {**PAGE, "systems": [], "words": [], "unnamed": [], "kind": "blank", "problem": "There is nothing here."}
    said, silent = (
        drawn(np.full((500, 800), 255, np.uint8), empty, []),
        drawn(np.full((500, 800), 255, np.uint8), {**empty, "problem": ""}, []),
    )
    assert said.shape[1:] == (800, 3)
    assert (said[-500:] == 255).all()
    assert not np.array_equal(said, silent)
