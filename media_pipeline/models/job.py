"""A job: one recipe run over some sources with some options.

    waiting -> running -> done | failed | cancelled        a retry goes back to waiting, keeping every artefact
The state is a summary of the steps', written by the machine room only.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from notation.models import Export, Score
from projects.models import Project, Source


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    sources = models.ManyToManyField(Source, through="JobSource", related_name="jobs")
    recipe = models.CharField(max_length=40)  # a key of media_pipeline.recipes.RECIPES
    options = models.JSONField(default=dict)  # {"stage.option": value}
    # What it is about, where there is one: the score it makes or remakes, the export it fills.
    score = models.ForeignKey(Score, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    export = models.ForeignKey(Export, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField(default=0)  # higher first
    version = models.BigIntegerField(default=0)  # bumped on every visible change; the doorbell's number
    cancel_requested = models.BooleanField(default=False)
    problem = models.CharField(max_length=300, blank=True)  # what went wrong, for the user
    hint = models.CharField(max_length=300, blank=True)  # what she can do
    permanent = models.BooleanField(default=False)  # a retry cannot help
    notices = models.JSONField(default=list)
    trace = models.UUIDField(default=uuid.uuid4, editable=False)  # follows the job through every log
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)  # when its owner saw that it ended

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.recipe} #{self.pk}"


class JobSource(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    index = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("index",)

    def __str__(self) -> str:
        return f"{self.source} of {self.job}"
