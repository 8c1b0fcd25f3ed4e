"""Numbers of things, in words for people."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """1 song, 2 songs."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
