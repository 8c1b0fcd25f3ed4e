"""Pages and fragments of jobs: watch, start, cancel, retry, change. Other people's jobs do not exist here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.quota import limits
from accounts.views import me
from media_pipeline import forms, services, show
from media_pipeline.access import job_for, jobs_of
from media_pipeline.errors import JobError
from media_pipeline.models import Job
from media_pipeline.recipes import PART_BOOKS, RECIPES, recipes_for
from media_pipeline.results import changes
from notation.models import Book
from projects.access import project_for, source_for
from projects.models import Source

EARLIER = 12


@login_required
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a job. `?open` is a link from a notice: straight on to what it made, if there is something."""
    job = job_for(request.user, pk)
    if not job.active:
        services.mark_seen(me(request), jobs=[job.pk])
    if "open" in request.GET and job.opens:
        return redirect(job.opens)
    return render(request, "media_pipeline/job.html", _page(job))


@login_required
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """POST recipe, sources and options; on to the page of the new job."""
    project = project_for(request.user, pk)
    recipe = request.POST.get("recipe", "")
    plan = RECIPES.get(recipe)
    sources = [source_for(request.user, int(value)) for value in request.POST.getlist("sources") if value.isdecimal()]
    try:
        if plan is None or not plan.accepts:
            raise JobError("Choose what to make.")
        options = {**forms.preferred(plan, me(request)), **forms.chosen(plan, request.POST)}
        if (same := services.made_before(project, recipe=recipe, sources=sources, options=options)) is not None:
            return _go(request, reverse("notation:score", args=[same.pk]))
        job = services.start_job(me(request), project=project, recipe=recipe, sources=sources, options=options)
    except JobError as error:
        context = {"error": error, "fragment": "media_pipeline/_said.html", "heading": "That did not start"}
        context |= {"back": reverse("projects:detail", args=[project.pk]), "back_label": project.title}
        return _fragment(request, context, status=422)
    return _go(request, job.get_absolute_url())


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = services.cancel_job(job_for(request.user, pk))
    return _job_again(request, job)


@login_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    job = job_for(request.user, pk)
    try:
        job = services.retry_job(job)
    except JobError as error:
        if not request.headers.get("HX-Request"):
            return render(request, "media_pipeline/job.html", {**_page(job), "error": error.sentence}, status=422)
        job.problem, job.hint = error.message, error.hint
        return render(request, "media_pipeline/_job.html", show.job_context(job), status=422)
    return _job_again(request, job)


@login_required
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Run a job again with other options."""
    job = job_for(request.user, pk)
    plan = RECIPES.get(job.recipe)
    try:
        if plan is None:
            raise JobError("This kind of job is no longer made.")
        again = services.change_options(job, options=forms.chosen(plan, request.POST))
    except JobError as error:
        context = {**_page(job), "error": error.sentence}
        return render(request, "media_pipeline/job.html", context, status=422)
    return _go(request, again.get_absolute_url())


@login_required
@require_GET
def of_project(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    shown = show.shown_in_project(request.user, project.pk)
    present = show.Present()
    ended = jobs_of(request.user).filter(project=project, export=None).exclude(pk__in=[job.pk for job in shown])
    context = {
        "project": project,
        "jobs": [show.job_context(job, present=present) for job in shown],
        "ended": ended.order_by("-pk")[:EARLIER],
        "fragment": "media_pipeline/_of_project.html",
        "heading": "Jobs",
        "back": reverse("projects:detail", args=[project.pk]),
        "back_label": project.title,
    }
    return _fragment(request, context)


@login_required
@require_GET
def of_dashboard(request: HttpRequest) -> HttpResponse:
    present, shown = show.Present(), show.shown_on_dashboard(request.user)
    context = {
        "rows": [show.job_context(job, full=False, present=present) for job in shown],
        "fragment": "media_pipeline/_of_dashboard.html",
        "heading": "Jobs",
        "back": reverse("projects:dashboard"),
        "back_label": "Projects",
    }
    return _fragment(request, context)


@login_required
@require_GET
def of_source(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be made from a source: a form per recipe, and the jobs so far."""
    source = source_for(request.user, pk)
    user = me(request)
    waiting = Job.objects.filter(owner=user, state=Job.State.WAITING).count()
    most = limits(user).jobs_waiting
    made = [
        {"recipe": plan, "fields": show.fields(plan, {}, when="before", prefix=f"{plan.name}-{source.pk}")}
        for plan in recipes_for(source.kind)
    ]
    context = {
        "source": source,
        "recipes": made,
        "jobs": jobs_of(user).filter(sources=source).order_by("-pk")[:EARLIER],
        "waiting_full": f"{waiting} of your jobs are waiting; {most} is the most." if waiting >= 0.8 * most else "",
        "fragment": "media_pipeline/_of_source.html",
        "heading": "Transcribe",
        "back": reverse("projects:source", args=[source.pk]),
        "back_label": source.name,
    }
    return _fragment(request, context)


@login_required
@require_GET
def part_books(request: HttpRequest, pk: int) -> HttpResponse:
    """The form that reads a project's PDFs and pictures as part books. Those not read yet are chosen already."""
    project = project_for(request.user, pk)
    sources = list(project.sources.filter(kind__in=PART_BOOKS.accepts))
    known = set(Book.objects.filter(project=project).values_list("sources", flat=True))
    busy = Job.objects.filter(project=project, recipe=PART_BOOKS.name, state__in=Job.ACTIVE)
    under_way = set(busy.values_list("sources", flat=True))
    context = {
        "project": project,
        "recipe": PART_BOOKS,
        "files": [
            {"source": source, "read": source.pk in known, "chosen": source.pk not in known | under_way}
            for source in sources
        ],
        "pictures": sum(source.kind == Source.Kind.IMAGE for source in sources),
        "books": Book.objects.filter(project=project).count(),
        "fragment": "media_pipeline/_part_books.html",
        "heading": PART_BOOKS.label,
        "back": reverse("projects:detail", args=[project.pk]),
        "back_label": project.title,
    }
    return _fragment(request, context)


@login_required
@require_http_methods(["GET", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Jobs that ended and were not seen. POST: they are seen now."""
    if request.method == "POST":
        services.mark_seen(me(request), jobs=[job.pk for job in show.notices_of(request.user)])
    context = {
        "notices": show.notices_of(request.user),
        "fragment": "media_pipeline/_notices.html",
        "heading": "Notices",
        "back": reverse("projects:dashboard"),
        "back_label": "Projects",
    }
    return _fragment(request, context)


def _page(job: Job) -> dict[str, Any]:
    context = show.job_context(job)
    plan = context["plan"]
    return {
        **context,
        "sources": [row.source for row in job.jobsource_set.select_related("source")],
        "chosen": changes(plan, {}, job.options) if plan else "",
        "fields": show.fields(plan, job.options) if plan else [],
        "changeable": bool(plan and job.export_id is None and plan.options()),
    }


def _job_again(request: HttpRequest, job: Job) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "media_pipeline/_job.html", show.job_context(job_for(request.user, job.pk)))
    return redirect(job.get_absolute_url())


def _go(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _fragment(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A part of a page for htmx, or a page of its own for a plain link."""
    template = context["fragment"] if request.headers.get("HX-Request") else "media_pipeline/fragment.html"
    return render(request, template, context, status=status)
