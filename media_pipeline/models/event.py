"""The readable log of a job."""

from __future__ import annotations

from django.db import models

from media_pipeline.models.job import Job


class Event(models.Model):
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    stage = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.text
