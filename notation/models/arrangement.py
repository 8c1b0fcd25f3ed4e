"""How the pages of a project's part books are sorted, kept at every step, and the steps, so that they can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Project


class Arrangement(models.Model):
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="arrangement")
    state = models.JSONField(default=dict)  # notation/score/arrangement.py: to_json
    version = models.PositiveIntegerField(default=0)  # of what people did; one more with every step, back or forth
    grown = models.PositiveIntegerField(default=0)  # how often pages of new files came
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Pages of {self.project}"


class ArrangementStep(models.Model):
    """Something somebody did to an arrangement."""

    arrangement = models.ForeignKey(Arrangement, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=200)  # "3 pages moved to Flute 1"
    back = models.JSONField()  # what undoes it
    forth = models.JSONField()  # what does it again
    undone = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("arrangement", "number"), name="one_step_per_number")]

    def __str__(self) -> str:
        return self.text
