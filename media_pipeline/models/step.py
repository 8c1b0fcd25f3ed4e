"""A step: one stage of one job, for one item where the stage runs for each.

waiting -> ready -> running -> done | failed | cancelled
              ^--------'  drained, or its lease lost with attempts left
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.quota import limits
from media_pipeline.models.job import Job

LEASE = timedelta(seconds=10)  # a worker that is silent this long has lost its step
MAX_ATTEMPTS = 3
_LOOK_AT = 25  # best ready steps that one claim considers


class Step(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")  # the job's
    stage = models.CharField(max_length=60)
    index = models.PositiveIntegerField(default=0)  # item of an `each` stage
    order = models.PositiveIntegerField(default=0)  # place in the recipe
    queue = models.CharField(max_length=20, default="cpu")
    weight = models.FloatField(default=1)
    priority = models.SmallIntegerField(default=0)  # the job's
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    key = models.CharField(max_length=64, blank=True)  # of the artefact it makes
    cached = models.BooleanField(default=False)  # born done
    progress = models.FloatField(default=0)  # 0..1
    note = models.CharField(max_length=200, blank=True)
    engine = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)  # host:pid
    holder = models.CharField(max_length=32, blank=True)  # made new by every claim; only its holder may move the step
    lease_until = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)  # the traceback, for the admin; the job has the sentence for the user

    class Meta:
        ordering = ("order", "index")
        constraints = [models.UniqueConstraint(fields=("job", "stage", "index"), name="one_step_per_stage_and_item")]
        indexes = [
            models.Index(fields=("queue", "state", "-priority", "ready_at"), name="step_claim"),
            models.Index(fields=("owner", "state"), name="step_owner_state"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.job}"

    @property
    def seconds(self) -> float:
        """How long its last attempt took, or has been taking."""
        if self.started_at is None:
            return 0.0
        return max(0.0, ((self.finished_at or timezone.now()) - self.started_at).total_seconds())

    @classmethod
    def move(
        cls, pk: int | Sequence[int], allowed: Iterable[str], to: str, *, held_by: str | None = None, **fields: Any
    ) -> bool:
        """The one place where a step (or several) changes state; True for the caller who made the move.

        With `held_by` only if the step is still held by that claim: who lost her lease changes nothing any more.
        """
        pks = [pk] if isinstance(pk, int) else pk
        rows = cls.objects.filter(pk__in=pks, state__in=list(allowed))
        if held_by is not None:
            rows = rows.filter(holder=held_by)
        return bool(rows.update(state=to, **fields))

    @classmethod
    def claim(cls, queues: Sequence[str], *, worker: str) -> Step | None:
        """Take the best ready step of these queues, or None where there is none for anybody.

        1. best: highest priority; then the owner who has fewest steps running; then the one ready longest
        2. a job that has not begun is passed over while its owner has `jobs_at_once` others running
        3. ONE conditional UPDATE decides who has it; whoever loses takes the next best
        """
        running = (
            cls.objects.filter(state=cls.State.RUNNING, owner=OuterRef("owner"))
            .order_by()
            .values("owner")
            .annotate(number=Count("pk"))
            .values("number")
        )
        candidates = (
            cls.objects.filter(
                queue__in=list(queues), state=cls.State.READY, job__state__in=Job.ACTIVE, job__cancel_requested=False
            )
            .annotate(owner_running=Coalesce(Subquery(running), 0))
            .order_by("-priority", "owner_running", "ready_at", "pk")
            .values_list("pk", "job_id", "job__state", "owner_id")
        )
        full: set[int] = set()  # owners who may begin no further job now
        while batch := list(candidates.exclude(job__state=Job.State.WAITING, owner__in=full)[:_LOOK_AT]):
            learnt = False
            for pk, job_id, job_state, owner_id in batch:
                if owner_id in full and job_state == Job.State.WAITING:
                    continue
                claimed, has_enough = cls._take(pk, job_id, worker=worker)
                if claimed is not None:
                    return claimed
                learnt = True
                if has_enough:
                    full.add(owner_id)
            if not learnt:
                return None
        return None

    @classmethod
    def _take(cls, pk: int, job_id: int, *, worker: str) -> tuple[Step | None, bool]:
        """(the step if it is ours now, whether it was left because its owner has enough jobs running)"""
        now = timezone.now()
        with transaction.atomic():
            # Job before step, here and everywhere: so nobody waits for each other.
            job = Job.objects.select_for_update(no_key=True).filter(pk=job_id).first()
            if job is None or not job.active or job.cancel_requested:
                return None, False
            if job.state == Job.State.WAITING:
                owner = get_user_model().objects.select_for_update(no_key=True).get(pk=job.owner_id)
                busy = Job.objects.filter(owner=owner, state=Job.State.RUNNING).count()
                if busy >= limits(owner).jobs_at_once:
                    return None, True
            taken = cls.move(
                pk,
                [cls.State.READY],
                cls.State.RUNNING,
                attempts=F("attempts") + 1,
                worker=worker,
                holder=uuid.uuid4().hex,
                lease_until=now + LEASE,
                started_at=now,
                finished_at=None,
                progress=0,
                note="",
                error="",
            )
            if not taken:
                return None, False
            if not Job.move(job_id, [Job.State.WAITING], Job.State.RUNNING, started_at=now):
                Job.bump(job_id)
        return cls.objects.select_related("job", "job__owner").get(pk=pk), False
