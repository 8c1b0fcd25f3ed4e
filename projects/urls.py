"""Addresses of projects, their files and uploads."""

from __future__ import annotations

from django.urls import path

from projects import source_views, upload_views, views

app_name = "projects"
urlpatterns = [
    path("projects/", views.dashboard, name="dashboard"),
    path("projects/new/", views.create, name="create"),
    path("projects/trash/", views.trashed, name="trashed"),
    path("projects/<int:pk>/", views.detail, name="detail"),
    path("projects/<int:pk>/sources/", views.sources, name="sources"),
    path("projects/<int:pk>/files/", views.add_files, name="add_files"),
    path("projects/<int:pk>/edit/", views.edit, name="edit"),
    path("projects/<int:pk>/trash/", views.trash, name="trash"),
    path("projects/<int:pk>/restore/", views.restore, name="restore"),
    path("projects/<int:pk>/purge/", views.purge, name="purge"),
    path("sources/<int:pk>/", source_views.source, name="source"),
    path("sources/<int:pk>/file", source_views.source_file, name="source_file"),
    path("sources/<int:pk>/preview/", source_views.preview, name="source_preview"),
    path("sources/<int:pk>/preview/<int:page>.webp", source_views.preview_page, name="source_preview_page"),
    path("sources/<int:pk>/rename/", source_views.rename, name="source_rename"),
    path("sources/<int:pk>/delete/", source_views.delete, name="source_delete"),
    path("uploads/", upload_views.start, name="uploads"),
    path("uploads/<uuid:pk>/", upload_views.upload, name="upload"),
    path("uploads/<uuid:pk>/parts/<int:number>/", upload_views.part, name="upload_part"),
    path("uploads/<uuid:pk>/finish/", upload_views.finish, name="upload_finish"),
    path("uploads/<uuid:pk>/discard/", upload_views.discard, name="upload_discard"),
]
