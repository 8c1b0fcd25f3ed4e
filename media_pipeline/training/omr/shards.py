"""Staves to learn from, packed: grey crops in sixteen shades and their tokens, many to a file.

A file is one line of JSON, {"staves": [[source, height, width, bytes, tokens], …]}, then each crop's pixels, two to a
byte, compressed by zlib. A crop has interline 12 and 216 rows, more than the net sees, so that damage can turn and
shift it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

INTERLINE = 12
ROWS = 216


@dataclass(frozen=True)
class Stave:
    """One staff of print and what it says. `source` is work:part:engraver, or engraver:seed for composed music."""

    source: str
    tokens: tuple[str, ...]
    height: int
    width: int
    packed: bytes

    @property
    def image(self) -> NDArray[np.uint8]:
        """(height, width) grey, 255 is paper."""
        pairs = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        shades = np.empty(2 * len(pairs), np.uint8)
        shades[0::2], shades[1::2] = pairs >> 4, pairs & 15
        return shades[: self.height * self.width].reshape(self.height, self.width) * np.uint8(17)


def stave(image: NDArray[np.uint8], tokens: Iterable[str], source: str) -> Stave:
    """Pack a crop; shades are rounded to sixteenths."""
    shades = ((image.astype(np.uint16) + 8) // 17).astype(np.uint8).ravel()
    if len(shades) % 2:
        shades = np.append(shades, np.uint8(15))
    height, width = image.shape
    return Stave(source, tuple(tokens), height, width, zlib.compress((shades[0::2] << 4 | shades[1::2]).tobytes(), 9))


def write(path: Path, staves: Iterable[Stave]) -> None:
    """All of it or nothing: a file that is there is whole, which is what lets a maker go on where it stopped."""
    kept = list(staves)
    head = {"staves": [[s.source, s.height, s.width, len(s.packed), list(s.tokens)] for s in kept]}
    part = path.with_suffix(".part")
    part.write_bytes(json.dumps(head).encode() + b"\n" + b"".join(s.packed for s in kept))
    part.replace(path)


def read(path: Path) -> list[Stave]:
    """The staves of a file, still packed."""
    whole = path.read_bytes()
    at = whole.index(b"\n")
    out = []
    place = at + 1
    for source, height, width, size, tokens in json.loads(whole[:at])["staves"]:
        out.append(Stave(source, tuple(tokens), height, width, whole[place : place + size]))
        place += size
    return out
