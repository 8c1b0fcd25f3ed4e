"""Scores, revisions and exports in the admin: to be looked at. Revisions never change, so nobody edits them here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notation.models import Book, Export, Revision, Score, Song


class RevisionInline(admin.TabularInline[Revision, Score]):
    model = Revision
    fields = readonly_fields = ("number", "reason", "author", "created_at", "sha256")
    ordering = ("-number",)
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Score)
class ScoreAdmin(admin.ModelAdmin[Score]):
    list_display = ("title", "kind", "project", "owner", "created_at")
    list_filter = ("kind", "created_at")
    search_fields = ("title", "project__title", "project__owner__email")
    list_select_related = ("project__owner",)
    readonly_fields = ("project", "source", "kind", "song", "book", "created_at")
    fields = ("title", *readonly_fields)
    inlines = (RevisionInline,)
    date_hierarchy = "created_at"

    @admin.display(ordering="project__owner__email")
    def owner(self, score: Score) -> str:
        return score.project.owner.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Song)
class SongAdmin(admin.ModelAdmin[Song]):
    list_display = ("title", "composer", "project", "order")
    search_fields = ("title", "printed", "composer", "project__title", "project__owner__email")
    list_select_related = ("project",)
    readonly_fields = ("project", "printed", "order")
    fields = ("title", "composer", *readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Revision)
class RevisionAdmin(_ReadOnly, admin.ModelAdmin[Revision]):
    list_display = ("score", "number", "reason", "author", "created_at")
    search_fields = ("score__title", "score__project__owner__email", "sha256")
    list_select_related = ("score", "author")
    fields = (
        "score",
        "number",
        "reason",
        "author",
        "created_at",
        "sha256",
        "options",
        "summary",
        "reading",
        "notices",
        "document",
    )


@admin.register(Book)
class BookAdmin(_ReadOnly, admin.ModelAdmin[Book]):
    list_display = ("instrument", "project", "part", "note", "read_at")
    search_fields = ("instrument", "project__title", "project__owner__email")
    list_select_related = ("project",)
    fields = ("instrument", "project", "order", "part", "sources", "note", "report", "read_at")


@admin.register(Export)
class ExportAdmin(_ReadOnly, admin.ModelAdmin[Export]):
    list_display = ("name", "kind", "revision", "size", "problem", "created_at")
    list_filter = ("kind", "created_at")
    search_fields = ("name", "revision__score__title", "revision__score__project__owner__email")
    list_select_related = ("revision__score",)
    fields = ("revision", "kind", "options", "name", "media_type", "size", "problem", "created_at")
