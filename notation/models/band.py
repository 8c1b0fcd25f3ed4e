"""What the parts of a band say about each other, and the rules by which parts that nobody has are made."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from notation.models.song import Song
from projects.models import Project


class SongCheck(models.Model):
    """What the parts of a song disagree about, as it was when they were last held together."""

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="check_made")
    digest = models.CharField(max_length=64)  # of the parts that were held together (notation/checks.py)
    found = models.JSONField(default=list)  # notation/score/proof.py has the shape
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"check of {self.song}"


class Dismissal(models.Model):
    """Somebody said of a disagreement that it is right as it stands."""

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="dismissals")
    key = models.CharField(max_length=64)  # of the finding
    sentence = models.CharField(max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [models.UniqueConstraint(fields=("song", "key"), name="dismissed_once")]

    def __str__(self) -> str:
        return self.sentence


class RuleSet(models.Model):
    """A project's own rules for derived parts, in their order. A project without a row has the built-in ones."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="rule_set")
    rules = models.JSONField(default=list)  # as notation/score/derive/rules.py writes them
    ticked = models.JSONField(default=list)  # targets that she chose last
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"rules of {self.project}"
