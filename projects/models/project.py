"""A project: what one person brings together, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Project(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    trashed_at = models.DateTimeField(null=True, blank=True)  # removed for good 30 days later

    class Meta:
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return self.title


class Activity(models.Model):
    """One line of what happened, newest first: "Uploaded Blackbird.mp3", "Guitar tab finished"."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="activity")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "activity"

    def __str__(self) -> str:
        return self.text
