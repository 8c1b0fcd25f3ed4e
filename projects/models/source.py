"""Files that people bring: a blob is stored once for each owner, sources point to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models.project import Project


class Blob(models.Model):
    """Bytes, stored once per owner, however often she uploads them."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blobs")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    file = models.FileField(upload_to="blobs/", max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "sha256"), name="one_blob_per_owner_and_content")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"


class Source(models.Model):
    """A file of a project, under the name its owner gave it."""

    class Kind(models.TextChoices):
        AUDIO = "audio", "audio"
        VIDEO = "video", "video"
        NOTATION = "notation", "notation"  # MusicXML, mxl
        MIDI = "midi", "MIDI"
        PDF = "pdf", "PDF"
        IMAGE = "image", "picture"
        OTHER = "other", "unknown kind"  # kept, with a sentence that says why nothing can be done with it

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sources")
    # RESTRICT: nobody removes bytes that a source still shows, but an account may go with both.
    blob = models.ForeignKey(Blob, on_delete=models.RESTRICT, related_name="sources")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind)
    media_type = models.CharField(max_length=100)  # as sniffed from the bytes, never as claimed
    problem = models.CharField(max_length=300, blank=True)  # what is wrong with it, in a sentence
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return self.name
