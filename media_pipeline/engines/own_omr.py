"""own-omr: the page reader's own network, trained here and shipped with the project (weights/staff_reader.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from media_pipeline.nets import staff_reader
from media_pipeline.nets.staff_reader import StaffReader


class OwnOmr:
    name = "own-omr"

    def __init__(self) -> None:
        self._reader: StaffReader | None = None

    def missing(self) -> str | None:
        if staff_reader.WEIGHTS.exists():
            return None
        name = staff_reader.WEIGHTS.name
        return f"its weights, {name}, are gone; printed pages stay unread. They are in the repository."

    @property
    def reader(self) -> StaffReader:
        self._reader = self._reader or StaffReader()
        return self._reader

    @property
    def version(self) -> str:
        return self.reader.version

    @property
    def vocabulary(self) -> list[str]:
        return self.reader.vocabulary

    def run(self, staves: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        """For each staff (160, width), its (frames, tokens) log probabilities, as soon as it is read."""
        for staff in staves:
            yield self.reader.read(staff)
