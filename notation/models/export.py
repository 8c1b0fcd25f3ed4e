"""A file made from a revision: PDF, MusicXML, MIDI, ZIP."""

from __future__ import annotations

from django.db import models

from notation.models.score import Revision


class Export(models.Model):
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=20)  # a key of notation.exports.KINDS
    options = models.JSONField(default=dict)  # paper, view, staff size
    file = models.FileField(upload_to="exports/", max_length=300, blank=True)  # empty until made
    name = models.CharField(max_length=255, blank=True)  # what the download is called
    media_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.revision} as {self.kind}"
