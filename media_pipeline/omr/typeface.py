"""How large words are set and on what line they stand, from the ink of what they say.

"sun" is half as tall as "Hly" in the same type, so heights of ink alone compare nothing. Shares of the size of the type
are those of usual Latin text faces.
"""

from __future__ import annotations

from media_pipeline.omr.model import Box

CAPITAL, SMALL, TAIL = 0.7, 0.47, 0.21  # heights over the line of "H" and "x", and depth of "p", to the type's size
_TAILED = set("gjpqyQçµ,;()[]/|{}§")
_FLAT = set("-–—_~.,·:;'\"`’‘“”*")


def size(text: str, box: Box) -> float:
    """Of the type in pixels: about the distance of lines set solid. Of dashes and dots a guess."""
    up, down = _reach(text)
    return (box.y1 - box.y0) / (up + down)


def baseline(text: str, box: Box) -> float:
    """y of the line that the letters stand on."""
    up, down = _reach(text)
    return box.y1 - (box.y1 - box.y0) * down / (up + down)


def _reach(text: str) -> tuple[float, float]:
    letters = [c for c in text if c not in _FLAT and not c.isspace()]
    tall = any(not c.islower() or c in "bdfhijklt" or ord(c) > 0xBF for c in letters) or not letters
    return CAPITAL if tall else SMALL, TAIL if any(c in _TAILED for c in text) else 0.0
