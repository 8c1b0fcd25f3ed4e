"""Training of the page reader: exact music as tokens, pictures of it and their damage, the network and its figures."""

from __future__ import annotations

import hashlib


def held_out(work_id: str) -> bool:
    """Is this work kept from training, in all its parts and pages? One in eight is, by its id ("sq10307350") alone."""
    return hashlib.sha1(work_id.encode(), usedforsecurity=False).hexdigest()[0] in "01"
