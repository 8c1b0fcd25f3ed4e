"""Workers seen lately, and how fast stages have been on them."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    name = models.CharField(max_length=100, unique=True)  # host:pid
    queues = models.CharField(max_length=100)
    slots = models.PositiveSmallIntegerField(default=1)  # steps at once
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name


class Speed(models.Model):
    """Measured seconds a stage takes per second of music; a running mean, used for "time left"."""

    stage = models.CharField(max_length=60, unique=True)
    seconds_per_second = models.FloatField(default=0)
    runs = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.stage}: {self.seconds_per_second:.3f}"
