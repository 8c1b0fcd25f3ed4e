"""A job: one recipe run over some sources with some options.

    waiting -> running -> done | failed | cancelled        a retry goes back to waiting, keeping every artefact

The state is a summary of the steps', written by the machine room only (media_pipeline.services).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.urls import reverse

from notation.models import Export, PrintSet, Score
from projects.models import Project, Source

if TYPE_CHECKING:
    from media_pipeline.graph import Recipe


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ACTIVE = (State.WAITING, State.RUNNING)

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    sources = models.ManyToManyField(Source, through="JobSource", related_name="jobs")
    recipe = models.CharField(max_length=40)  # a key of media_pipeline.recipes.RECIPES
    title = models.CharField(max_length=255, blank=True)  # what it is about: the source's name
    options = models.JSONField(default=dict)  # {"stage.option": value}, only what differs from the default
    # The books as their pages were sorted when it was started (media_pipeline/sorted_books.py); empty: by their files.
    books = models.JSONField(default=list, blank=True)
    # What it is about, where there is one: the score it makes or remakes, the export it fills.
    score = models.ForeignKey(Score, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    export = models.ForeignKey(Export, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    print_set = models.ForeignKey(PrintSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    reason = models.CharField(max_length=200, blank=True)  # of the revision it makes: "Tuning: drop D"
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField(default=0)  # higher first
    version = models.BigIntegerField(default=0)  # bumped on every visible change; the doorbell's number
    cancel_requested = models.BooleanField(default=False)
    problem = models.CharField(max_length=300, blank=True)  # what went wrong, for the user
    hint = models.CharField(max_length=300, blank=True)  # what she can do
    permanent = models.BooleanField(default=False)  # a retry cannot help
    notices = models.JSONField(default=list)
    music_seconds = models.FloatField(null=True, blank=True)  # length of the recording, once known
    trace = models.UUIDField(default=uuid.uuid4, editable=False)  # follows the job through every log
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)
    seen_at = models.DateTimeField(null=True, blank=True)  # when its owner saw that it ended

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=("owner", "state"), name="job_owner_state")]

    def __str__(self) -> str:
        return f"{self.recipe} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("jobs:detail", args=[self.pk])

    @property
    def active(self) -> bool:
        return self.state in Job.ACTIVE

    @property
    def stopping(self) -> bool:
        return self.active and self.cancel_requested

    @property
    def plan(self) -> Recipe | None:
        """Its recipe; None where this version of Copyist no longer has it."""
        from media_pipeline.recipes import RECIPES

        return RECIPES.get(self.recipe)

    @property
    def opens(self) -> str:
        """The address of what it made; "" while there is nothing to open."""
        if self.state != Job.State.DONE:
            return ""
        shows = self.plan.shows if self.plan is not None else ""
        if shows == "table":
            return reverse("notation:review", args=[self.project_id])
        if shows == "files":
            return reverse("notation:download", args=[self.project_id])
        if shows == "pages":
            return reverse("jobs:sort", args=[self.project_id])
        if shows == "file":
            return reverse("jobs:file", args=[self.pk])
        return reverse("notation:score", args=[self.score_id]) if self.score_id else ""

    @property
    def opens_label(self) -> str:
        labels = {
            "table": "Open the table",
            "pages": "Sort the pages",
            "files": "Open the files",
            "file": "Download the ZIP",
        }
        return labels.get(self.plan.shows if self.plan is not None else "", "Open the score")

    @classmethod
    def move(cls, pk: int, allowed: Iterable[str], to: str, **fields: Any) -> bool:
        """The one place where a job changes state; True for the caller who made the move."""
        rows = cls.objects.filter(pk=pk, state__in=list(allowed))
        return bool(rows.update(state=to, version=F("version") + 1, **fields))

    @classmethod
    def bump(cls, pk: int, **fields: Any) -> None:
        """Something about the job became visible: a new version, which rings its watchers."""
        cls.objects.filter(pk=pk).update(version=F("version") + 1, **fields)


class JobSource(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    index = models.PositiveIntegerField(default=0)
    # One page of it that was turned by hand (artifacts.Media); None: the whole file.
    page = models.PositiveIntegerField(null=True, blank=True)
    turn = models.PositiveSmallIntegerField(default=0)
    half = models.CharField(max_length=5, blank=True)

    class Meta:
        ordering = ("index",)

    def __str__(self) -> str:
        return f"{self.source} of {self.job}"
