"""What steps made, by key. Shared by all jobs of one owner that would make the same thing.

The row is written last: files without a row are rubbish, a row without its files is a damaged artefact.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Artifact(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=60)  # type name
    files = models.JSONField(default=dict)  # file name -> size, under artifacts/<owner>/<key[:2]>/<key>/
    size = models.BigIntegerField(default=0)
    items = models.PositiveIntegerField(null=True, blank=True)  # length, where it is a tuple
    partial_of = models.CharField(max_length=64, blank=True, db_index=True)  # key of the artefact this is a piece of
    name = models.CharField(max_length=100, blank=True)  # of a partial
    engine = models.CharField(max_length=100, blank=True)
    notices = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("owner", "key", "name"), name="one_artifact_per_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:12]}"
