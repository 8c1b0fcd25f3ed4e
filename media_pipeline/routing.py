"""WebSocket addresses."""

from __future__ import annotations

from django.urls import URLPattern, path

from media_pipeline.consumers import JobConsumer, PersonConsumer, ProjectConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/jobs/<int:pk>/", JobConsumer.as_asgi()),
    path("ws/projects/<int:pk>/", ProjectConsumer.as_asgi()),
    path("ws/me/", PersonConsumer.as_asgi()),
]
