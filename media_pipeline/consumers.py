"""The live ends of pages: each sends the page's own fragments, rendered from the rows, as htmx swaps out of band.

    /ws/jobs/<pk>/       one job
    /ws/projects/<pk>/   the jobs of a project; ?sorting=12,13 those of its sorted pages
    /ws/me/              notices of jobs that ended

On connecting everything is read again, so whatever happened while nobody was connected is there.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404
from django.template.loader import render_to_string

from media_pipeline import relay
from media_pipeline.access import job_for, jobs_of
from media_pipeline.models import Job
from media_pipeline.recipes import quiet
from media_pipeline.services import mark_seen
from media_pipeline.show import SORTING, Present, job_context, notices_of, shown_in_project, shown_on_dashboard
from projects.access import project_for

log = logging.getLogger(__name__)

DENIED = 4404  # closed on purpose: htmx does not try again


class Live(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """A socket that follows one group and sends what is new about it."""

    kind = "job"

    async def connect(self) -> None:
        self.user = self.scope["user"]
        self.pk = self.subject()
        self.sent: dict[int, int] = {}  # job -> version the page has
        if not await database_sync_to_async(self.allowed)():
            await self.accept()
            await self.close(code=DENIED)
            return
        self.group = relay.group(self.kind, self.pk)
        # Listen first and read then: a change in between is told twice rather than never.
        await self.channel_layer.group_add(self.group, self.channel_name)
        relay.watch(self.kind, self.pk)
        await self.accept()
        await self.send_fragments(await database_sync_to_async(self.everything)())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "group"):
            relay.unwatch(self.kind, self.pk)
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def job_changed(self, event: dict[str, Any]) -> None:
        await self.send_fragments(await database_sync_to_async(self.changed)(int(event["job"])))

    async def send_fragments(self, html: str) -> None:
        if html:
            await self.send(text_data=html)

    def subject(self) -> int:
        return int(self.scope["url_route"]["kwargs"]["pk"])

    def allowed(self) -> bool:
        try:
            self.check_access()
        except Http404:
            return False
        return True

    def check_access(self) -> None:
        job_for(self.user, self.pk)

    def everything(self) -> str:
        present = Present()
        return "".join(self.fragment(job, present) for job in self.jobs())

    def changed(self, pk: int) -> str:
        job = jobs_of(self.user).filter(pk=pk).first()
        return self.fragment(job, Present()) if job is not None else ""

    def jobs(self) -> list[Job]:
        return list(jobs_of(self.user).filter(pk=self.pk))

    def fragment(self, job: Job, present: Present) -> str:
        """The job as the page shows it; nothing where the page has this version already."""
        if self.sent.get(job.pk, -1) >= job.version:
            return ""
        self.sent[job.pk] = job.version
        if self.on_its_page and not job.active:
            mark_seen(self.user, jobs=[job.pk])  # who watches it end needs no notice
        # The cookie's value is a token that Django takes, so that the buttons inside work.
        token = self.scope.get("cookies", {}).get("csrftoken", "")
        context = {**job_context(job, present=present), "oob": True, "page": self.on_its_page, "csrf_token": token}
        return render_to_string("media_pipeline/_job.html", context)

    @property
    def on_its_page(self) -> bool:
        return "page" in self.asked

    @property
    def asked(self) -> dict[str, list[str]]:
        return parse_qs(self.scope.get("query_string", b"").decode(), keep_blank_values=True)


class JobConsumer(Live):
    kind = "job"


class ProjectConsumer(Live):
    kind = "project"

    def check_access(self) -> None:
        project_for(self.user, self.pk)

    def jobs(self) -> list[Job]:
        found = shown_in_project(self.user, self.pk)
        self.newest = max((job.pk for job in found), default=0)
        return [job for job in found if job.active or str(job.pk) in self.there] if self.sorting else found

    @property
    def sorting(self) -> bool:
        """Where pages are sorted only some jobs are shown; the page names those that it has: ?sorting=12,13"""
        return "sorting" in self.asked

    @property
    def there(self) -> list[str]:
        return self.asked.get("sorting", [""])[0].split(",")

    def fragment(self, job: Job, present: Present) -> str:
        """A job that the page shows is exchanged, a newer one comes first in its list; the rest is not on the page."""
        if job.pk in self.sent or str(job.pk) in self.there:
            return super().fragment(job, present)
        if self.sorting and job.recipe not in SORTING:
            return ""
        if job.export_id is not None or job.recipe in quiet() or (job.pk <= self.newest and not job.active):
            return ""
        new = self.sorting or job.pk > self.newest  # one may have begun since the page was made
        self.newest = max(self.newest, job.pk)
        html = super().fragment(job, present)
        return f'<div hx-swap-oob="afterbegin:#project-job-list">{html}</div>' if new else html


class PersonConsumer(Live):
    kind = "person"

    def subject(self) -> int:
        return self.user.pk or 0

    def check_access(self) -> None:
        if not self.user.is_authenticated:
            raise Http404

    def everything(self) -> str:
        if "jobs" in self.asked:
            present = Present()
            return "".join(self.row(job, present) for job in shown_on_dashboard(self.user))
        return self.notices()

    def changed(self, pk: int) -> str:
        job = jobs_of(self.user).filter(pk=pk).first()
        if job is None:
            return ""
        if "jobs" in self.asked:
            return self.row(job, Present()) if pk in self.sent else ""
        return self.notices() if not job.active else ""

    def row(self, job: Job, present: Present) -> str:
        """A line of the dashboard's list."""
        if self.sent.get(job.pk, -1) >= job.version:
            return ""
        self.sent[job.pk] = job.version
        context = {**job_context(job, full=False, present=present), "oob": True}
        return render_to_string("media_pipeline/_row.html", context)

    def notices(self) -> str:
        jobs = notices_of(self.user)
        now = {job.pk: job.version for job in jobs}
        if now == self.sent:
            return ""
        self.sent = now
        return render_to_string("media_pipeline/_notices.html", {"notices": jobs, "oob": True})
