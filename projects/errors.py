"""The one root of what can go wrong with projects and files, in sentences for the person who waits."""

from __future__ import annotations


class ProjectError(Exception):
    """message: what is wrong. hint: what to do. permanent: trying the same again can not help.
    status: the HTTP status that says it."""

    def __init__(self, message: str, *, hint: str = "", permanent: bool = True, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.permanent = permanent
        self.status = status

    @property
    def sentence(self) -> str:
        return f"{self.message} {self.hint}".strip()
