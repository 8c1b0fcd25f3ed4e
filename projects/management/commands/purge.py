"""Remove for good what has been in the trash for 30 days, and uploads that nobody went on with for a week."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from projects.services import purge_all


class Command(BaseCommand):
    help = "Remove old trash and forgotten uploads; safe to run at any time (cron, or the sweeper does it)."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = purge_all()
        self.stdout.write(f"{gone['projects']} projects and {gone['uploads']} unfinished uploads removed.")
