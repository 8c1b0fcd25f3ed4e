"""Where everything is."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("favicon.ico", views.favicon, name="favicon"),  # asked for by name where a page links none: the admin, a file
    path("accounts/", include("accounts.urls")),
    path("", include("projects.urls")),
    path("", include("notation.urls")),
    path("", include("media_pipeline.urls")),
    path("api/v1/", include("config.api", namespace="api")),
    path("admin/", admin.site.urls),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
