"""The admin site: ours in name, Django's in everything else."""

from __future__ import annotations

from typing import Any

from allauth.decorators import rate_limit
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator


class Site(AdminSite):
    site_header = site_title = "Copyist"
    index_title = "The house"

    @method_decorator(rate_limit(action="login"))
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The same limit on guesses as the log-in page."""
        return super().login(request, extra_context)


class Admin(AdminConfig):
    default_site = "config.admin.Site"
