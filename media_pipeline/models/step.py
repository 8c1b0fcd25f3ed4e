"""A step: one stage of one job, for one item where the stage runs for each.

    waiting -> ready -> running -> done | failed | cancelled
                  ^--------'  drained, or its lease lost with attempts left
"""

from __future__ import annotations

from django.db import models

from media_pipeline.models.job import Job


class Step(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    stage = models.CharField(max_length=60)
    index = models.PositiveIntegerField(default=0)  # item of an `each` stage
    order = models.PositiveIntegerField(default=0)  # place in the recipe
    queue = models.CharField(max_length=20, default="cpu")
    weight = models.FloatField(default=1)
    priority = models.SmallIntegerField(default=0)
    owner_id_copy = models.BigIntegerField(default=0)  # for fairness without a join
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    key = models.CharField(max_length=64, blank=True)  # of the artefact it makes
    cached = models.BooleanField(default=False)  # born done
    progress = models.FloatField(default=0)  # 0..1
    note = models.CharField(max_length=200, blank=True)
    engine = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)  # the traceback, for the admin; the job has the sentence for the user

    class Meta:
        ordering = ("order", "index")
        constraints = [models.UniqueConstraint(fields=("job", "stage", "index"), name="one_step_per_stage_and_item")]
        indexes = [models.Index(fields=("queue", "state", "-priority", "ready_at"), name="step_claim")]

    def __str__(self) -> str:
        return f"{self.stage} of {self.job}"
