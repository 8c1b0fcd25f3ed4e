"""People: who they are, what they prefer, and how much they may use."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class EmailManager(UserManager["User"]):
    """Makes users by e-mail; there is no user name."""

    def _make(self, email: str, password: str | None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        return self._make(email, password, **fields)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        return self._make(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=100, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[EmailManager] = EmailManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name or self.email


class Preferences(models.Model):
    """How one person wants pages and notation. Made with the user."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "as the system"
        LIGHT = "light", "light"
        DARK = "dark", "dark"

    class Notation(models.TextChoices):
        BOTH = "both", "staff and tab"
        TAB = "tab", "tab"
        STAFF = "staff", "staff"

    class Level(models.TextChoices):
        EASY = "easy", "easy"
        INTERMEDIATE = "intermediate", "intermediate"
        FULL = "full", "full"

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=12, choices=Theme, default=Theme.SYSTEM)
    notation = models.CharField(max_length=12, choices=Notation, default=Notation.BOTH)
    level = models.CharField(max_length=12, choices=Level, default=Level.FULL)
    tuning = models.CharField(max_length=60, default="standard")  # a name or "E2 A2 D3 G3 B3 E4"
    capo = models.PositiveSmallIntegerField(default=0)
    email_notices = models.BooleanField("e-mail me when a long job is done", default=False)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user}"
