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
        """For the shell: whoever can run it need not confirm an e-mail."""
        from allauth.account.models import EmailAddress

        user = self._make(email, password, is_staff=True, is_superuser=True, **fields)
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        return user

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
    objects: ClassVar[EmailManager] = EmailManager()

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


class ApiToken(models.Model):
    """A key to the API. Only its digest is kept, so it can be shown once and never again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=12)  # its first letters, to tell one from the other
    digest = models.CharField(max_length=64, unique=True)  # sha256
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)  # to the hour

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
