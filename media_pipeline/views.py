"""Pages and fragments of jobs: watch, start, cancel, retry, change. Other people's jobs do not exist here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from accounts.quota import limits
from accounts.views import me
from media_pipeline import forms, proofs, services, show
from media_pipeline.access import job_for, jobs_of
from media_pipeline.errors import JobError
from media_pipeline.graph import Recipe
from media_pipeline.models import Job
from media_pipeline.recipes import DERIVE, LOOK, PART_BOOKS, PROOF_READING, RECIPES, SORTED_BOOKS, quiet, recipes_for
from media_pipeline.results import changes
from notation import bring, rules
from notation.models import Book
from notation.musicxml import NotationError
from notation.score.gather import in_order
from projects.access import project_for, source_for
from projects.models import Project, Source

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
    """POST recipe, sources and options; on to the page of the new job. Notation among part books needs no reading."""
    project = project_for(request.user, pk)
    recipe = request.POST.get("recipe", "")
    plan = RECIPES.get(recipe)
    sources = [source_for(request.user, int(value)) for value in request.POST.getlist("sources") if value.isdecimal()]
    try:
        if plan is None or not plan.accepts:
            raise JobError("Choose what to make.")
        if plan is PART_BOOKS and (written := [source for source in sources if source.kind in bring.KINDS]):
            _take_in(request, project, written)
            sources = [source for source in sources if source not in written]
            if not sources:
                return _go(request, reverse("notation:review", args=[project.pk]))
        options = {**forms.preferred(plan, me(request)), **forms.chosen(plan, request.POST)}
        if (same := services.made_before(project, recipe=recipe, sources=sources, options=options)) is not None:
            return _go(request, reverse("notation:score", args=[same.pk]))
        job = services.start_job(me(request), project=project, recipe=recipe, sources=sources, options=options)
    except JobError as error:
        context = {"error": error, "fragment": "media_pipeline/_said.html", "heading": "That did not start"}
        context |= {"back": reverse("projects:detail", args=[project.pk]), "back_label": project.title}
        return _fragment(request, context, status=422)
    return _go(request, job.get_absolute_url())


def _take_in(request: HttpRequest, project: Project, sources: list[Source]) -> None:
    """Notation files into the table, and what is to be said of it into the messages of the next page. JobError."""
    try:
        taken = bring.take_in(project, sources=sources, author=me(request))
    except NotationError as error:
        raise JobError(error.message, hint=error.hint) from error
    for notice in taken.notices:
        messages.warning(request, notice)
    files = f"{taken.files} notation file{'' if taken.files == 1 else 's'}"
    count = f"{taken.books} book{'' if taken.books == 1 else 's'}"
    messages.success(request, f"{files} taken into the table: {count}. The page of songs takes back what that changed.")


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
    ended = jobs_of(request.user).filter(project=project, export=None).exclude(recipe__in=quiet())
    ended = ended.exclude(pk__in=[job.pk for job in shown])
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
    """The form that reads a project's PDFs and pictures as part books, and takes notation files in. What is not in the
    table yet is chosen already."""
    project = project_for(request.user, pk)
    sources = list(project.sources.filter(kind__in=PART_BOOKS.accepts))
    written = list(project.sources.filter(kind__in=bring.KINDS, problem=""))
    known = set(Book.objects.filter(project=project).values_list("sources", flat=True))
    busy = Job.objects.filter(project=project, recipe__in=(PART_BOOKS.name, SORTED_BOOKS.name), state__in=Job.ACTIVE)
    under_way = set(busy.values_list("sources", flat=True))
    books = Book.objects.filter(project=project).count()
    if not sources and not books and len(written) < 2:
        written = []  # a single one is a score by itself
    context = {
        "project": project,
        "recipe": PART_BOOKS,
        "files": [
            {"source": source, "read": source.pk in known, "chosen": source.pk not in known | under_way}
            for source in [*sorted(sources, key=_by_name), *sorted(written, key=_by_name)]
        ],
        "paper": bool(sources),
        "looking": Job.objects.filter(project=project, recipe=LOOK.name, state__in=Job.ACTIVE).exists(),
        "written": written,
        "pictures": sum(source.kind == Source.Kind.IMAGE for source in sources),
        "books": books,
        "fragment": "media_pipeline/_part_books.html",
        "heading": PART_BOOKS.label,
        "back": reverse("projects:detail", args=[project.pk]),
        "back_label": project.title,
    }
    return _fragment(request, context)


def _by_name(source: Source) -> list[tuple[int, str]]:
    return in_order(source.name)


@login_required
@require_http_methods(["GET", "POST"])
def proof_reading(request: HttpRequest, pk: int) -> HttpResponse:
    """How the band's proof-reading stands. POST starts it where parts have changed since the last one; so does whoever
    watched one that was overtaken by a change."""
    project = project_for(request.user, pk)
    error = ""
    watched = request.method == "GET" and "watched" in request.GET
    job = proofs.running(project)
    if request.method == "POST" or (watched and job is None and proofs.overtaken(project)):
        try:
            job = proofs.ensure(me(request), project)
        except JobError as refused:
            error = refused.sentence
        if request.method == "POST" and not request.headers.get("HX-Request"):
            return redirect("notation:checks", project.pk)
    failed = services.last_failed(project, recipe=PROOF_READING.name) if job is None and watched else None
    context = _under_way(project, job, error, recipe=PROOF_READING, fragment="_proof_reading", page="checks")
    response = _fragment(request, {**context, "failed": failed})
    return trigger_client_event(response, "checks-changed") if job is None and watched else response


@login_required
@require_http_methods(["GET", "POST"])
def derive(request: HttpRequest, pk: int) -> HttpResponse:
    """How the deriving of parts stands. POST targets: these rules are ticked, and what they say is made."""
    project = project_for(request.user, pk)
    error = ""
    watched = request.method == "GET" and "watched" in request.GET
    jobs = Job.objects.filter(project=project, recipe=DERIVE.name).select_related("project", "owner").order_by("-pk")
    if request.method == "POST":
        try:
            rules.tick(project, request.POST.getlist("targets"))
            if not rules.ticked_of(project):
                raise JobError("No rule is chosen.", hint="Tick the parts that you want.")
            if not jobs.filter(state__in=Job.ACTIVE).exists():
                services.start_job(
                    me(request), project=project, recipe=DERIVE.name, title=project.title, priority=services.NOW
                )
        except (JobError, NotationError) as refused:
            error = f"{refused.message} {refused.hint}".strip()
        else:
            if not request.headers.get("HX-Request"):
                return redirect("notation:generate", project.pk)
    last = jobs.first()
    running = last if last is not None and last.active else None
    if watched and last is not None and not last.active:
        services.mark_seen(me(request), jobs=[last.pk])
    context = _under_way(project, running, error, recipe=DERIVE, fragment="_deriving", page="generate")
    response = _fragment(request, {**context, "ended": last if watched and running is None else None})
    return trigger_client_event(response, "generated") if running is None and watched else response


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


def _under_way(
    project: Project, running: Job | None, error: str, *, recipe: Recipe, fragment: str, page: str
) -> dict[str, Any]:
    """How a job of this recipe stands, told on a page of notation's."""
    return {
        "project": project,
        "running": show.job_context(running, full=False) if running is not None else None,
        "error": error,
        "fragment": f"media_pipeline/{fragment}.html",
        "heading": recipe.label,
        "back": reverse(f"notation:{page}", args=[project.pk]),
        "back_label": project.title,
    }


def _fragment(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A part of a page for htmx, or a page of its own for a plain link."""
    template = context["fragment"] if request.headers.get("HX-Request") else "media_pipeline/fragment.html"
    return render(request, template, context, status=status)
