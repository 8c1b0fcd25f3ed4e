"""Files that are there whole or not at all, also where the disk is full or somebody wants an end."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notation.musicxml import NotationError


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well and vanishes when it does not.

    Raises NotationError (not permanent) where there is no room left.
    """
    scratch = target.with_name(f".{uuid.uuid4().hex}{target.suffix}")
    try:
        yield scratch
        scratch.replace(target)
    except OSError as error:
        raise unwritable(error) from error
    finally:
        scratch.unlink(missing_ok=True)


def copied(source: Path, *, target: Path) -> None:
    with whole(target) as scratch:
        shutil.copyfile(source, scratch)


def unwritable(error: OSError) -> NotationError:
    return NotationError(
        f"The file could not be written: {error.strerror or error}.",
        hint="Make room on the disk and start again; what was finished is kept.",
        permanent=False,
    )
