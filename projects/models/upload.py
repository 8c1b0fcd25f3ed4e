"""An upload in parts, which survives a lost connection and a reload.

    open -> joining -> done | failed
      |        '-> open (the disk was full, the process ended: it can be asked again)
      '-> cancelled (by its owner, or forgotten for a week)
While open or joining, its size counts against its owner's storage.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from projects.models.project import Project
from projects.models.source import Source


class Upload(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        JOINING = "joining"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    part_size = models.IntegerField()
    received = models.JSONField(default=dict)  # part number (from "1") -> etag or size
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    problem = models.CharField(max_length=300, blank=True)
    remote_id = models.CharField(max_length=300, blank=True)  # S3's multipart upload id
    fingerprint = models.CharField(max_length=200, blank=True)  # name, size and date: how a reload finds it again
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    told = models.CharField(max_length=300, blank=True)  # what to say at the end: "linked, not stored twice"
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("created_at",)
        indexes = [models.Index(fields=("owner", "state"), name="upload_of_owner")]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def parts(self) -> int:
        """How many parts make it whole."""
        return -(-self.size // self.part_size)

    def size_of_part(self, number: int) -> int:
        """In bytes; all are `part_size` but the last."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    @property
    def received_bytes(self) -> int:
        return sum(self.size_of_part(int(number)) for number in self.received)

    @property
    def percent(self) -> int:
        return int(100 * self.received_bytes / self.size)
