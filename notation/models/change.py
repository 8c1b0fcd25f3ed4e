"""What people did to the songs of a project, step by step, so that it can be taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Project


class SongChange(models.Model):
    """One thing that somebody did to songs: {"songs": {id: {field: value}}, "scores": {id: {…}}, "books": {id: {…}}},
    what differs alone; of books the files they are from.

    A song, score or book that was made has no `before`.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="song_changes")
    text = models.CharField(max_length=300)  # "“March” split at bar 17"
    before = models.JSONField()
    after = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.text
