"""Addresses of jobs, and of what they made."""

from __future__ import annotations

from django.urls import path

from media_pipeline import print_views, score_views, sort_views, views

app_name = "jobs"
urlpatterns = [
    path("jobs/<int:pk>/", views.detail, name="detail"),
    path("jobs/<int:pk>/file", sort_views.file, name="file"),
    path("jobs/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("jobs/<int:pk>/retry/", views.retry, name="retry"),
    path("jobs/<int:pk>/change/", views.change, name="change"),
    path("projects/jobs/", views.of_dashboard, name="of_dashboard"),
    path("projects/<int:pk>/jobs/", views.of_project, name="of_project"),
    path("projects/<int:pk>/jobs/start/", views.start, name="start"),
    path("projects/<int:pk>/jobs/part-books/", views.part_books, name="part_books"),
    path("projects/<int:pk>/jobs/proof-reading/", views.proof_reading, name="proof_reading"),
    path("projects/<int:pk>/jobs/derive/", views.derive, name="derive"),
    path("projects/<int:pk>/sort/", sort_views.page, name="sort"),
    path("projects/<int:pk>/sort/books/", sort_views.books, name="sort_books"),
    path("projects/<int:pk>/sort/change/", sort_views.change, name="sort_change"),
    path("projects/<int:pk>/sort/look/", sort_views.look, name="sort_look"),
    path("projects/<int:pk>/sort/read/", sort_views.read, name="sort_read"),
    path("projects/<int:pk>/sort/print/", sort_views.bind, name="sort_print"),
    path("projects/<int:pk>/sort/replace/", sort_views.replace, name="sort_replace"),
    path("projects/<int:pk>/sort/<int:source>/<int:sheet>.jpg", sort_views.small, name="sort_small"),
    path("projects/<int:pk>/sort/<int:source>/<int:sheet>.png", sort_views.large, name="sort_large"),
    path("sources/<int:pk>/jobs/", views.of_source, name="of_source"),
    path("notices/", views.notices, name="notices"),
    path("scores/<int:pk>/recording", score_views.recording, name="recording"),
    path("scores/<int:pk>/waveform.json", score_views.waveform, name="waveform"),
    path("scores/<int:pk>/pages/<int:number>.png", score_views.page, name="page"),
    path("scores/<int:pk>/bars/<int:measure>.png", score_views.bar_picture, name="bar_picture"),
    path("scores/<int:pk>/options/", score_views.options, name="options"),
    path("scores/<int:pk>/exports/", score_views.exports, name="exports"),
    path("projects/<int:pk>/prints/", print_views.prints, name="prints"),
    path("projects/<int:pk>/prints/preview/", print_views.preview, name="print_preview"),
    path("projects/<int:pk>/prints/preview.png", print_views.preview_page, name="print_preview_page"),
    path("prints/<int:pk>/set.zip", print_views.archive, name="print_archive"),
    path("prints/<int:pk>/files/<int:number>", print_views.file, name="print_file"),
    path("exports/<int:pk>/file", score_views.export_file, name="export_file"),
]
