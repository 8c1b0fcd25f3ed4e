"""allauth's pages, and ours beside them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accounts import views

ours = (
    [
        path("preferences/", views.preferences, name="preferences"),
        path("name/", views.name, name="name"),
        path("tokens/", views.api_tokens, name="tokens"),
        path("tokens/<int:pk>/revoke/", views.revoke_token, name="revoke_token"),
        path("delete/", views.delete, name="delete"),
    ],
    "accounts",
)
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(ours, namespace="accounts")),
    path("", include("allauth.account.urls")),
]
