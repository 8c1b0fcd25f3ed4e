"""A band's music: its songs and the part books they were read from. A score that has both is a cell of their table."""

from __future__ import annotations

from django.db import models

from projects.models import Project, Source


class LivingSongs(models.Manager["Song"]):
    """All but those that somebody removed."""

    def get_queryset(self) -> models.QuerySet[Song]:
        return super().get_queryset().filter(removed="")


class Song(models.Model):
    """A row of the table: one piece, whoever plays in it."""

    class Removed(models.TextChoices):
        """Why it is not shown. Nothing of it is gone: taking the change back shows it again."""

        DELETED = "deleted"  # reading its pages again leaves it so
        MERGED = "merged"  # its music is another song's now, or it was never one

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="songs")
    title = models.CharField(max_length=200)  # what the user calls it
    printed = models.CharField(max_length=200, blank=True)  # as most books have it: by this, further books find it
    composer = models.CharField(max_length=200, blank=True)
    tempo = models.CharField(max_length=100, blank=True)  # in words, as most books have it: "Allegro, ♩ = 120"
    order = models.PositiveIntegerField(default=0)  # from 0, without gaps
    removed = models.CharField(max_length=10, choices=Removed, blank=True, default="")

    objects = LivingSongs()
    everything: models.Manager[Song] = models.Manager()

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return self.title


class Book(models.Model):
    """A column of the table: one player's part book, as it was read from one file or from several pictures."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="books")
    instrument = models.CharField(max_length=120)
    order = models.PositiveIntegerField(default=0)  # its place in a score
    sources = models.ManyToManyField(Source, related_name="books", blank=True)
    part = models.PositiveSmallIntegerField(default=0)  # which of several, where its pages are a score
    sheaf = models.CharField(max_length=20, blank=True)  # its id in the project's arrangement, if it was read by one
    note = models.CharField(max_length=300, blank=True)  # what is strange about it, in a sentence
    report = models.FileField(upload_to="readings/", max_length=300, blank=True)  # the side file of its last reading
    rule = models.JSONField(default=dict, blank=True)  # by which it is derived from others; empty: it was read
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("order", "pk")
        constraints = [models.UniqueConstraint(fields=("project", "instrument"), name="one_book_per_name")]

    def __str__(self) -> str:
        return self.instrument

    @property
    def derived(self) -> bool:
        return bool(self.rule)
