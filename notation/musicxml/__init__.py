"""MusicXML documents: read (hostile) files, check them, edit their tree, walk their notes. Pure; imports no Django."""

from __future__ import annotations


class NotationError(Exception):
    """What is wrong with a score, in words a musician understands.

    message   what is wrong: "This file is not notation: it is a PDF."
    hint      what to do: "Export the score as MusicXML and upload that."
    permanent True when trying again with the same input cannot help
    """

    def __init__(self, message: str, *, hint: str = "", permanent: bool = True) -> None:
        super().__init__(message)
        self.message, self.hint, self.permanent = message, hint, permanent
