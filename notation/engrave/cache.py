"""Files made before, by what went into them, so that a second export makes only what changed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from notation.engrave.files import whole

_VERSION = "2"  # raised when the same ingredients are to give other pages


@dataclass
class Cache:
    """A folder of the caller's; who cleans it up sees in the files' times what was used last."""

    folder: Path
    used: list[str] = field(default_factory=list)  # keys asked for
    made: list[str] = field(default_factory=list)  # keys that had to be made

    def file(self, key: str, make: Callable[[Path], object], *, suffix: str = ".pdf") -> Path:
        """The file of `key`, made by `make(path)` where it is not there yet. Whole or not at all."""
        if (found := self.found(key, suffix=suffix)) is not None:
            return found
        target = self.folder / f"{key}{suffix}"
        with whole(target) as scratch:
            make(scratch)
        self.made.append(key)
        return target

    def found(self, key: str, *, suffix: str = ".pdf") -> Path | None:
        """The file of `key` where it is there."""
        target = self.folder / f"{key}{suffix}"
        self.used.append(key)
        if not target.exists():
            return None
        target.touch()
        return target


def key_of(*ingredients: object) -> str:
    """A name for what is made of these: bytes as they are, all else as it prints."""
    told = hashlib.sha256(_VERSION.encode())
    for ingredient in ingredients:
        data = ingredient if isinstance(ingredient, bytes) else repr(ingredient).encode("utf-8", "surrogatepass")
        told.update(len(data).to_bytes(8, "big") + data)
    return told.hexdigest()[:40]


@contextmanager
def opened(folder: Path | None, *, beside: Path) -> Iterator[Cache]:
    """The cache in `folder`, or one beside a file that goes again."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield Cache(folder)
        return
    with tempfile.TemporaryDirectory(prefix="copyist-pages-", dir=beside.parent) as scratch:
        yield Cache(Path(scratch))
