"""Printing a project's part books: who plays what, the last choice, and the sets that were made."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from notation.models.song import Book
from projects.models import Project


class Chair(models.Model):
    """A line of the instrumentation list: who plays which book, and how many copies are printed of it.

    A book that nobody has read is known by its place among the sorted pages, and once it is read, too.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="chairs")
    book = models.ForeignKey(Book, on_delete=models.CASCADE, null=True, related_name="chairs")
    sheaf = models.CharField(max_length=20, blank=True)  # its id in the project's arrangement, where it has no book
    player = models.CharField(max_length=100, blank=True)
    copies = models.PositiveSmallIntegerField(default=1)  # 0: not printed
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return f"{self.book or self.sheaf} × {self.copies}"


class PrintChoice(models.Model):
    """What was chosen last in a project (notation/printing/choices.py), so that nobody chooses it twice."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="print_choice")
    chosen = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"choices of {self.project}"


class PrintSet(models.Model):
    """Books, scores and parts made at one moment, in one ZIP; its single files are taken out of it.

    contents  which revision of which part went into it, and the list of that moment (notation/printing/order.py)
    files     [{"path", "size", "pages", "at", "packed"}]: what lies in the ZIP, from which byte, how long there
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="print_sets")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=200)
    chosen = models.JSONField(default=dict)
    contents = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of choices and contents
    file = models.FileField(upload_to="printsets/", max_length=300, blank=True)  # empty until made
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    files = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.title} ({self.pk})"

    @property
    def name(self) -> str:
        """What the download is called."""
        from notation.exports.names import safe_name

        return f"{safe_name(self.title, default='Print set')}.zip"

    @property
    def printed(self) -> list[dict[str, Any]]:
        """Its files, each with what a page shows of it."""
        from notation.printing.listing import shown

        return [shown(number, entry) for number, entry in enumerate(self.files, start=1)]
