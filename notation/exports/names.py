"""File names that every system takes and a musician recognises."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 100
MOST_BYTES = 180  # of 255 that file systems allow, with room for an ending and a number
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
# Marks that turn the reading direction: "a\u202efdp.exe" reads "aexe.pdf".
_TURNING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³")}


def safe_name(text: str, *, default: str = "Score") -> str:
    """A name without its ending: letters of every script and emoji stay, what any system objects to goes."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cs", "Co", "Cn"))
    text = _FORBIDDEN.sub("-", _TURNING.sub("", text))
    text = " ".join(text.split()).strip(" .-~")
    text = _shortened(text).rstrip(" .-")
    if not text:
        return default
    return f"{text}_" if text.split(".")[0].strip().upper() in _RESERVED else text


def _shortened(text: str) -> str:
    """Cut to the limits, never inside a letter with its marks or a joined emoji."""
    text = text[:MOST_CHARACTERS] if len(text) > MOST_CHARACTERS else text
    cut = len(text) == MOST_CHARACTERS
    while len(text.encode()) > MOST_BYTES:
        text, cut = text[:-1], True
    while cut and text and (unicodedata.category(text[-1]) in ("Mn", "Me") or text[-1] in "\u200d\ufe0f"):
        text = text[:-1]
    return text
