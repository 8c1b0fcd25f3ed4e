"""What each role may use. Roles are groups: premium, admin; everybody else is a user."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User

MB, GB = 1024**2, 1024**3


@dataclass(frozen=True)
class Limits:
    role: str
    file_bytes: int  # one uploaded file
    storage_bytes: int  # all files of one person
    jobs_at_once: int  # running at the same time; more may wait
    jobs_waiting: int
    seconds: int  # of one recording


ROLES = {
    "user": Limits("user", 500 * MB, 5 * GB, 2, 20, 2 * 3600),
    "premium": Limits("premium", 2 * GB, 100 * GB, 4, 100, 4 * 3600),
    "admin": Limits("admin", 10 * GB, 1000 * GB, 8, 1000, 12 * 3600),
}


def limits(user: User) -> Limits:
    """The limits of this person's best role."""
    if user.is_superuser:
        return ROLES["admin"]
    names = set(user.groups.values_list("name", flat=True))
    return next((ROLES[name] for name in ("admin", "premium") if name in names), ROLES["user"])
