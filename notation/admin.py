"""Scores, revisions and exports in the admin: to be looked at. Revisions never change, so nobody edits them here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from notation.models import (
    Book,
    Chair,
    Dismissal,
    Export,
    PrintSet,
    Revision,
    RuleSet,
    Score,
    Song,
    SongChange,
    SongCheck,
)


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
    readonly_fields = ("project", "source", "kind", "song", "book", "removed", "created_at")
    fields = ("title", *readonly_fields)
    inlines = (RevisionInline,)
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Score]:
        return Score.everything.all()

    @admin.display(ordering="project__owner__email")
    def owner(self, score: Score) -> str:
        return score.project.owner.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Song)
class SongAdmin(admin.ModelAdmin[Song]):
    list_display = ("title", "composer", "tempo", "project", "order", "removed")
    list_filter = ("removed",)
    search_fields = ("title", "printed", "composer", "project__title", "project__owner__email")
    list_select_related = ("project",)
    readonly_fields = ("project", "printed", "order", "removed")
    fields = ("title", "composer", "tempo", *readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Song]:
        return Song.everything.all()

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
    fields = ("instrument", "project", "order", "part", "sources", "rule", "note", "report", "read_at")


@admin.register(SongChange)
class SongChangeAdmin(_ReadOnly, admin.ModelAdmin[SongChange]):
    list_display = ("text", "project", "author", "made_at", "undone_at")
    search_fields = ("text", "project__title", "project__owner__email")
    list_select_related = ("project", "author")
    fields = ("text", "project", "author", "made_at", "undone_at", "before", "after")
    date_hierarchy = "made_at"


@admin.register(Export)
class ExportAdmin(_ReadOnly, admin.ModelAdmin[Export]):
    list_display = ("name", "kind", "revision", "size", "problem", "created_at")
    list_filter = ("kind", "created_at")
    search_fields = ("name", "revision__score__title", "revision__score__project__owner__email")
    list_select_related = ("revision__score",)
    fields = ("revision", "kind", "options", "name", "media_type", "size", "problem", "created_at")


@admin.register(SongCheck)
class SongCheckAdmin(_ReadOnly, admin.ModelAdmin[SongCheck]):
    list_display = ("song", "disagreements", "made_at")
    search_fields = ("song__title", "song__project__owner__email")
    list_select_related = ("song",)
    fields = ("song", "digest", "found", "made_at")

    @admin.display
    def disagreements(self, check: SongCheck) -> int:
        return len(check.found)


@admin.register(Dismissal)
class DismissalAdmin(_ReadOnly, admin.ModelAdmin[Dismissal]):
    list_display = ("sentence", "song", "author", "created_at")
    search_fields = ("sentence", "song__title", "song__project__owner__email")
    list_select_related = ("song", "author")
    fields = ("song", "key", "sentence", "author", "created_at")


@admin.register(RuleSet)
class RuleSetAdmin(_ReadOnly, admin.ModelAdmin[RuleSet]):
    list_display = ("project", "updated_at")
    search_fields = ("project__title", "project__owner__email")
    list_select_related = ("project",)
    fields = ("project", "rules", "ticked", "updated_at")


@admin.register(PrintSet)
class PrintSetAdmin(_ReadOnly, admin.ModelAdmin[PrintSet]):
    """A set is what was printed at one moment: to be looked at, or removed."""

    list_display = ("title", "project", "author", "size", "problem", "made_at")
    list_filter = ("made_at",)
    search_fields = ("title", "project__title", "project__owner__email")
    list_select_related = ("project", "author")
    fields = readonly_fields = (
        "project", "author", "title", "chosen", "contents", "file", "size", "sha256", "notices", "problem",
        "created_at", "made_at",
    )  # fmt: skip
    date_hierarchy = "created_at"


@admin.register(Chair)
class ChairAdmin(_ReadOnly, admin.ModelAdmin[Chair]):
    list_display = ("book", "player", "copies", "project")
    search_fields = ("player", "book__instrument", "project__title")
    list_select_related = ("book", "project")
    fields = ("project", "book", "player", "copies", "order")
