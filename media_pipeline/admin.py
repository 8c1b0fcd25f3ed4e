"""Jobs, steps, engines, errors and workers in the admin: to see what happens, to cancel and to try again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.quota import size_text
from media_pipeline import engines, services, store
from media_pipeline.errors import JobError
from media_pipeline.models import Artifact, Event, Job, Speed, Step, Worker


class Looked(admin.TabularInline[Any, Job]):
    """Rows that the machine room writes: nobody edits them by hand."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(Looked):
    model = Step
    fields = ("stage", "index", "state", "attempts", "progress", "engine", "took", "cached", "worker", "traceback")
    readonly_fields = fields

    @admin.display(description="seconds")
    def took(self, step: Step) -> str:
        return "" if step.cached or step.started_at is None else f"{step.seconds:.1f}"

    @admin.display(description="error")
    def traceback(self, step: Step) -> str:
        return (
            format_html("<details><summary>Traceback</summary><pre>{}</pre></details>", step.error)
            if step.error
            else ""
        )


class EventInline(Looked):
    model = Event
    fields = readonly_fields = ("at", "stage", "text")


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    list_display = ("__str__", "title", "owner", "state", "problem", "took", "created_at", "trace")
    list_filter = ("state", "recipe", "permanent", "created_at")
    search_fields = ("title", "problem", "owner__email", "trace")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    inlines = (StepInline, EventInline)
    actions = ("cancel", "retry")

    @admin.display(description="seconds")
    def took(self, job: Job) -> str:
        if job.started_at is None or job.finished_at is None:
            return ""
        return f"{(job.finished_at - job.started_at).total_seconds():.1f}"

    @admin.action(description="Cancel the chosen jobs", permissions=["view"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        active = [job for job in jobs if job.active]
        for job in active:
            services.cancel_job(job)
        self.message_user(request, f"{len(active)} told to stop, {len(jobs) - len(active)} had ended already.")

    @admin.action(description="Try the chosen jobs again", permissions=["view"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        again = 0
        for job in jobs:
            try:
                services.retry_job(job)
                again += 1
            except JobError as error:
                self.message_user(request, f"{job}: {error.sentence}", messages.WARNING)
        if again:
            self.message_user(request, f"{again} run again.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin[Worker]):
    list_display = ("name", "queues", "slots", "seen_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Speed)
class SpeedAdmin(admin.ModelAdmin[Speed]):
    list_display = ("stage", "seconds_a_minute", "runs", "engines")

    @admin.display(description="seconds per minute of music")
    def seconds_a_minute(self, speed: Speed) -> str:
        return f"{speed.seconds_per_second * 60:.2f}"

    @admin.display(description="engines here")
    def engines(self, speed: Speed) -> str:
        if speed.stage not in engines.ENGINES:
            return ""
        return ", ".join(f"{name}: {why or 'ready'}" for name, why in engines.missing(speed.stage).items())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Artifact)
class ArtifactAdmin(admin.ModelAdmin[Artifact]):
    """Removing one is safe: whatever needs it has it made again."""

    list_display = ("kind", "owner", "bytes", "engine", "used_at", "created_at")
    list_filter = ("kind", "engine")
    search_fields = ("key", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "used_at"

    @admin.display(description="size", ordering="size")
    def bytes(self, artifact: Artifact) -> str:
        return size_text(artifact.size)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Artifact]) -> None:
        for artifact in queryset:
            store.forget(artifact)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
