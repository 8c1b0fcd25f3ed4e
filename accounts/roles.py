"""Roles are groups, made after every migrate: user, premium, admin. The last may use the admin pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

from accounts.models import User
from accounts.quota import ROLES

OURS = ("accounts", "projects", "notation", "media_pipeline", "account", "auth", "django_q")


def make_roles(**_: Any) -> None:
    """Idempotent. Admins may see and change everything of ours, as far as the admin pages offer it."""
    for name in ROLES:
        Group.objects.get_or_create(name=name)
    admins = Group.objects.get(name="admin")
    wanted = set(Permission.objects.filter(content_type__app_label__in=OURS).values_list("pk", flat=True))
    have = set(admins.permissions.values_list("pk", flat=True))
    if wanted - have:
        admins.permissions.add(*(wanted - have))


def give_role(user: User, *, role: str) -> None:
    """Exactly one of the three; only admins are staff."""
    if role not in ROLES:
        raise ValueError(f"no role {role!r}; there are {', '.join(ROLES)}")
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.groups.add(Group.objects.get(name=role))
    staff = role == "admin" or user.is_superuser
    if user.is_staff != staff:
        user.is_staff = staff
        user.save(update_fields=["is_staff"])


def groups_changed(*, instance: User, action: str, reverse: bool, **_: Any) -> None:
    """Whoever gets the admin group, by whatever way, may enter the admin pages; whoever loses it may not."""
    if reverse or not isinstance(instance, User) or action not in {"post_add", "post_remove", "post_clear"}:
        return
    staff = instance.is_superuser or instance.groups.filter(name="admin").exists()
    if instance.is_staff != staff:
        instance.is_staff = staff
        User.objects.filter(pk=instance.pk).update(is_staff=staff)
