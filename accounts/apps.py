"""Wires what happens by itself: preferences with every user, roles after migrate, staff rights with the admin role."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate, post_save


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import roles
        from accounts.models import Preferences, User

        def make_preferences(*, instance: User, created: bool, raw: bool = False, **_: Any) -> None:
            if created and not raw:
                Preferences.objects.get_or_create(user=instance)

        post_save.connect(make_preferences, sender=User, weak=False, dispatch_uid="preferences with the user")
        m2m_changed.connect(roles.groups_changed, sender=User.groups.through, dispatch_uid="staff with the role")
        # After every app has its permissions, so sent for each app: the last call finds them all.
        post_migrate.connect(roles.make_roles, dispatch_uid="roles")
