"""An upload in parts, which survives a lost connection and a reload."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from projects.models.project import Project
from projects.models.source import Source


class Upload(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    part_size = models.IntegerField()
    received = models.JSONField(default=dict)  # part number -> etag or size
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    problem = models.CharField(max_length=300, blank=True)
    remote_id = models.CharField(max_length=300, blank=True)  # S3's multipart upload id
    fingerprint = models.CharField(max_length=200, blank=True)  # name, size and date: how a reload finds it again
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
