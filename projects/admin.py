"""Projects, files and uploads in the admin: to look, to trash, to discard. Contents are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.quota import size_text
from projects import services, uploads
from projects.errors import ProjectError
from projects.models import Project, Source, Upload


class SourceInline(admin.TabularInline[Source, Project]):
    model = Source
    fields = readonly_fields = ("name", "kind", "media_type", "problem", "created_at")
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin[Project]):
    list_display = ("title", "owner", "files", "created_at", "updated_at", "trashed_at")
    list_filter = (("trashed_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("title", "owner__email")
    list_select_related = ("owner",)
    raw_id_fields = ("owner",)
    readonly_fields = ("created_at", "updated_at", "trashed_at")
    inlines = (SourceInline,)
    actions = ("trash", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return super().get_queryset(request).annotate(file_count=Count("sources"))

    @admin.display(ordering="file_count")
    def files(self, project: Any) -> int:
        return int(project.file_count)

    @admin.action(description="Move to trash")
    def trash(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset:
            services.trash_project(project)

    @admin.action(description="Restore from trash")
    def restore(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset.select_related("owner"):
            services.restore_project(project, user=project.owner)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whoever may delete a project may delete what is in it; thousands of rows are not listed."""
        return [f"{project}, with everything in it" for project in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        services.purge_project(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset.select_related("owner"):
            services.purge_project(project)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    list_display = ("name", "kind", "media_type", "size", "owner", "project", "problem", "created_at")
    list_filter = ("kind", ("problem", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("name", "project__title", "project__owner__email", "blob__sha256")
    list_select_related = ("project__owner", "blob")
    readonly_fields = ("project", "blob", "kind", "media_type", "size", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(ordering="blob__size")
    def size(self, source: Source) -> str:
        return size_text(source.blob.size)

    @admin.display(ordering="project__owner")
    def owner(self, source: Source) -> str:
        return source.project.owner.email

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        services.delete_source(obj, user=obj.project.owner)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset.select_related("project__owner"):
            services.delete_source(source, user=source.project.owner)


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin[Upload]):
    list_display = ("name", "state", "percent_here", "size_text", "owner", "project", "problem", "updated_at")
    list_filter = ("state", "created_at")
    search_fields = ("name", "owner__email")
    list_select_related = ("owner", "project")
    actions = ("discard",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="size", ordering="size")
    def size_text(self, upload: Upload) -> str:
        return size_text(upload.size)

    @admin.display(description="received")
    def percent_here(self, upload: Upload) -> str:
        return f"{100 if upload.state == Upload.State.DONE else upload.percent} %"

    @admin.action(description="Discard unfinished", permissions=["delete"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        for upload in queryset:
            try:
                uploads.cancel(upload)
            except ProjectError as error:
                messages.warning(request, f"{upload.name}: {error.sentence}")
