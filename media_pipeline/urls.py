"""Addresses of jobs, and of what they made."""

from __future__ import annotations

from django.urls import path

from media_pipeline import score_views, views

app_name = "jobs"
urlpatterns = [
    path("jobs/<int:pk>/", views.detail, name="detail"),
    path("jobs/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("jobs/<int:pk>/retry/", views.retry, name="retry"),
    path("jobs/<int:pk>/change/", views.change, name="change"),
    path("projects/jobs/", views.of_dashboard, name="of_dashboard"),
    path("projects/<int:pk>/jobs/", views.of_project, name="of_project"),
    path("projects/<int:pk>/jobs/start/", views.start, name="start"),
    path("projects/<int:pk>/jobs/part-books/", views.part_books, name="part_books"),
    path("sources/<int:pk>/jobs/", views.of_source, name="of_source"),
    path("notices/", views.notices, name="notices"),
    path("scores/<int:pk>/recording", score_views.recording, name="recording"),
    path("scores/<int:pk>/waveform.json", score_views.waveform, name="waveform"),
    path("scores/<int:pk>/pages/<int:number>.png", score_views.page, name="page"),
    path("scores/<int:pk>/options/", score_views.options, name="options"),
    path("scores/<int:pk>/exports/", score_views.exports, name="exports"),
    path("exports/<int:pk>/file", score_views.export_file, name="export_file"),
]
