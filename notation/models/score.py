"""A score is its MusicXML document, kept as immutable revisions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from notation.models.song import Book, Song
from projects.models import Project, Source


class LivingScores(models.Manager["Score"]):
    """All but those that somebody removed."""

    def get_queryset(self) -> models.QuerySet[Score]:
        return super().get_queryset().filter(removed=False)


class Score(models.Model):
    """One piece of notation in a project: made from a source by a job, or opened from a notation file."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scores")
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True, related_name="scores")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40, default="notation")  # the recipe's name, or "notation"
    # Both are set where it is what one book has of one song.
    song = models.ForeignKey(Song, on_delete=models.SET_NULL, null=True, blank=True, related_name="scores")
    book = models.ForeignKey(Book, on_delete=models.SET_NULL, null=True, blank=True, related_name="scores")
    removed = models.BooleanField(default=False)  # not shown; taking the change back shows it again
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LivingScores()
    everything: models.Manager[Score] = models.Manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("song", "book"), condition=models.Q(removed=False), name="one_score_per_song_and_book"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("notation:score", args=[self.pk])

    @property
    def latest(self) -> Revision | None:
        return self.revisions.order_by("-number").first()

    @property
    def last_read(self) -> Revision | None:
        """The newest revision that knows where its bars stand on the pages; None where it was not read from any."""
        return self.revisions.exclude(reading={}).order_by("-number").first()


class Revision(models.Model):
    """One state of a score. Never changed; a change is a new revision."""

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    document = models.FileField(upload_to="scores/", max_length=300)
    sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)  # "Transcribed", "Tuning: drop D"
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    options = models.JSONField(default=dict)  # the job's options that led here
    sync = models.JSONField(default=list)  # [[bar index, quarters in the bar, seconds], …]; empty without recording
    summary = models.JSONField(default=dict)  # key, metre, tempo, …
    # Where its bars stand on the pages it was read from, and how sure the reader is (notation/reading.py); else empty.
    reading = models.JSONField(default=dict)
    notices = models.JSONField(default=list)  # what the user should know about the result
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("score", "number"), name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"{self.score} r{self.number}"

    def musicxml(self) -> bytes:
        """Its document."""
        with self.document.open("rb") as file:
            content: bytes = file.read()
        return content

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only once: what somebody printed, shared or cited as "revision 3" stays what it was."""
        if not self._state.adding:
            raise TypeError("A revision never changes; add a new one.")
        super().save(*args, **kwargs)
