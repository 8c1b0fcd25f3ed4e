"""What was parsed lately of revisions, which never change, so that the next change to one need not read it again.

    root = take(revision)        yours alone until it is given back; never the one that somebody else holds
    give(digest, root)           under the digest of the document that it is now

    reading_of(revision)         its reading, which may be as long as its document; to be looked at alone
    learn(revision)              what it has is known from now on

A tree that an error left in doubt is simply not given back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any

from lxml import etree

from notation.models import Revision
from notation.musicxml.read import read

MOST_BARS = 12_000  # of all trees together; a bar takes about 20 kB
MOST_READINGS = 16

_kept: OrderedDict[str, tuple[etree._Element, int]] = OrderedDict()
_readings: OrderedDict[tuple[int, datetime], dict[str, Any]] = OrderedDict()
_lock = threading.Lock()


def take(revision: Revision) -> etree._Element:
    """The document of a revision as a tree to work with."""
    with _lock:
        found = _kept.pop(revision.sha256, None)
    if found is not None:
        return found[0]
    return read(revision.musicxml())


def give(digest: str, root: etree._Element) -> None:
    size = sum(len(part) for part in root.iterchildren("part"))
    with _lock:
        _kept[digest] = root, size
        _kept.move_to_end(digest)
        while sum(size for _, size in _kept.values()) > MOST_BARS and len(_kept) > 1:
            _kept.popitem(last=False)


def reading_of(revision: Revision) -> dict[str, Any]:
    with _lock:
        found = _readings.get(_name(revision))
    return learn(revision) if found is None else found


def learn(revision: Revision) -> dict[str, Any]:
    reading: dict[str, Any] = revision.reading  # before the lock: it may have to be fetched
    with _lock:
        _readings[_name(revision)] = reading
        while len(_readings) > MOST_READINGS:
            _readings.popitem(last=False)
    return reading


def _name(revision: Revision) -> tuple[int, datetime]:
    """Not its number alone: the database may give that again where a transaction came to nothing."""
    return revision.pk, revision.created_at
