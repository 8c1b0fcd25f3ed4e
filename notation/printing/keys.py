"""What books and songs are called in choices, lists and contents of a set.

A number is that of a row. What has no row, because it was never read, goes by a letter and what follows: a book by its
id among the sorted pages ("b3"), a song that stands there alone by its title in short ("s4f1c93").
"""

from __future__ import annotations

import re
from typing import Any

Key = int | str

_UNREAD = re.compile(r"[a-z][0-9a-z]{1,19}")


def key_from(value: Any) -> Key:
    """A key out of a form or an address. ValueError."""
    text = str(value)
    if text.isdecimal() and len(text) < 19:
        return int(text)
    if not _UNREAD.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no key")
    return text
