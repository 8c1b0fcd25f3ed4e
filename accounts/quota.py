"""What each role may use, and the sentences that say so before a limit bites.

Roles are groups: premium, admin; everybody else is a user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat

from accounts.models import User
from accounts.signals import storage_asked

MB, GB = 1024**2, 1024**3
NEAR = 0.9  # from here on the page warns


@dataclass(frozen=True)
class Limits:
    role: str
    file_bytes: int  # one uploaded file
    storage_bytes: int  # all files of one person
    jobs_at_once: int  # running at the same time; more may wait
    jobs_waiting: int
    seconds: int  # of one recording

    @property
    def hours(self) -> int:
        return self.seconds // 3600


ROLES = {
    "user": Limits("user", 500 * MB, 5 * GB, 2, 20, 2 * 3600),
    "premium": Limits("premium", 2 * GB, 100 * GB, 4, 100, 4 * 3600),
    "admin": Limits("admin", 10 * GB, 1000 * GB, 8, 1000, 12 * 3600),
}


@dataclass(frozen=True)
class Usage:
    """Bytes that count now: files, and the room kept for uploads under way."""

    used_bytes: int
    limit_bytes: int

    @property
    def left_bytes(self) -> int:
        return max(0, self.limit_bytes - self.used_bytes)

    @property
    def share(self) -> float:
        """0..1"""
        return min(1.0, self.used_bytes / self.limit_bytes) if self.limit_bytes else 1.0

    @property
    def percent(self) -> int:
        return round(self.share * 100)

    @property
    def sentence(self) -> str:
        return f"{size_text(self.used_bytes)} of {size_text(self.limit_bytes)} used"

    @property
    def warning(self) -> str:
        """Empty while there is room."""
        if self.left_bytes == 0:
            return (
                f"Your storage is full ({size_text(self.limit_bytes)}). "
                "Delete files, or empty the trash, before you upload more."
            )
        if self.share >= NEAR:
            return f"Your storage is nearly full: {size_text(self.left_bytes)} are left."
        return ""


def size_text(size_bytes: int) -> str:
    """As a person reads it, with a plain space: 3.4 MB."""
    return filesizeformat(size_bytes).replace("\xa0", " ")


def role(user: User) -> str:
    """The best role this person has."""
    if user.is_superuser:
        return "admin"
    names = {group.name for group in user.groups.all()}
    return next((name for name in ("admin", "premium") if name in names), "user")


def limits(user: User) -> Limits:
    """The limits of this person's best role."""
    return ROLES[role(user)]


def usage(user: User) -> Usage:
    """What her files take now. The apps above count them (signals.storage_asked)."""
    answers: list[tuple[Any, Any]] = storage_asked.send(User, user=user)
    used = sum(int(answer) for _, answer in answers)
    return Usage(used, limits(user).storage_bytes)


def lock(user: User) -> None:
    """Inside a transaction: let nobody else count or change this person's storage until it ends.

    SQLite knows no row locks, but its transactions begin IMMEDIATE here, which locks them all.
    """
    User.objects.select_for_update().get(pk=user.pk)


def refusal(user: User, *, size_bytes: int) -> str:
    """Why a file of this size can not be taken, in a sentence with figures; empty where it can.

    Call it under `lock`, so that two uploads at once can not exceed the limit together.
    """
    allowed = limits(user)
    if size_bytes > allowed.file_bytes:
        return (
            f"This file has {size_text(size_bytes)}; one file may have {size_text(allowed.file_bytes)}. "
            "Cut it, or save it in a smaller format such as MP3 or FLAC."
        )
    now = usage(user)
    if size_bytes > now.left_bytes:
        return (
            f"This file has {size_text(size_bytes)}, but only {size_text(now.left_bytes)} "
            f"of your {size_text(now.limit_bytes)} are left. Delete files you no longer need, or empty the trash."
        )
    return ""
