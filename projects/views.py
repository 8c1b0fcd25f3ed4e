"""Pages of projects: dashboard, one project, its trash."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import quota
from accounts.views import me
from projects import services, uploads
from projects.access import project_for, projects_of
from projects.errors import ProjectError
from projects.forms import FilesForm, FindForm, ProjectForm
from projects.models import Activity, Project, Source

PER_PAGE = 24
NOTES = 12


@login_required
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    find = FindForm(request.GET)
    words, sort, order = find.found()
    mine = projects_of(request.user)
    shown = mine.annotate(files=Count("sources"))
    for word in words.split():
        shown = shown.filter(Q(title__icontains=word) | Q(description__icontains=word))
    page = Paginator(shown.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    recent = Activity.objects.filter(project__in=mine).select_related("project")[:NOTES]
    context = {
        "page": page,
        "words": words,
        "sort": sort,
        "orders": [(key, label) for key, (label, _) in find.ORDERS.items()],
        "any_projects": bool(page.paginator.count) or bool(words and mine.exists()),
        "activity": recent,
        "usage": quota.usage(me(request)),
        "in_trash": projects_of(request.user, trashed=True).count(),
    }
    return render(request, "projects/dashboard.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = services.create_project(me(request), **form.cleaned_data)
        return redirect("projects:detail", project.pk)
    return render(request, "projects/create.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    context = {
        "project": project,
        "sources": sources_in(project),
        "unfinished": uploads.unfinished(project),
        "activity": project.activity.all()[:NOTES],
        "usage": quota.usage(me(request)),
        "allowed": quota.limits(me(request)),
    }
    return render(request, "projects/detail.html", context)


def sources_in(project: Project) -> QuerySet[Source]:
    return project.sources.select_related("blob").order_by("-created_at", "-pk")


@login_required
@require_GET
def sources(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of files after an upload, with storage and activity, which change with it."""
    project = project_for(request.user, pk)
    context = {
        "project": project,
        "sources": sources_in(project),
        "activity": project.activity.all()[:NOTES],
        "usage": quota.usage(me(request)),
    }
    return render(request, "projects/_sources_live.html", context)


@login_required
@require_POST
def add_files(request: HttpRequest, pk: int) -> HttpResponse:
    """The plain form, for browsers without JavaScript: whole files in one request."""
    project = project_for(request.user, pk)
    form = FilesForm(request.POST, request.FILES)
    if not form.is_valid() or not form.cleaned_data["files"]:
        messages.error(request, "Please choose a file first.")
        return redirect("projects:detail", project.pk)
    for file in form.cleaned_data["files"]:
        try:
            done = uploads.add_file(
                project, user=me(request), name=file.name or "", file=file.file, size_bytes=file.size or 0
            )
        except ProjectError as error:
            messages.error(request, f"{file.name}: {error.sentence}")
        else:
            messages.success(request, done.told or f"“{done.name}” is here.")
    return redirect("projects:detail", project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    form = ProjectForm(request.POST or None, instance=project_for(request.user, pk))
    if request.method == "POST" and form.is_valid():
        services.edit_project(project, user=me(request), **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("projects:detail", project.pk)
    context = {"project": project, "form": form}
    return render(request, "projects/edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def trash(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk)
    services.trash_project(project)
    messages.success(request, f"“{project.title}” is in the trash. You can restore it for {services.TRASH_DAYS} days.")
    return redirect("projects:dashboard")


@login_required
@require_GET
def trashed(request: HttpRequest) -> HttpResponse:
    projects = projects_of(request.user, trashed=True).annotate(files=Count("sources")).order_by("-trashed_at")
    page = Paginator(projects, PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    for project in page:
        assert project.trashed_at is not None
        left = project.trashed_at + timedelta(days=services.TRASH_DAYS) - now
        project.days_left = max(0, left.days)  # type: ignore[attr-defined]
    return render(request, "projects/trashed.html", {"page": page, "days": services.TRASH_DAYS})


@login_required
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    project = project_for(request.user, pk, trashed=True)
    services.restore_project(project, user=me(request))
    messages.success(request, f"“{project.title}” is back.")
    return redirect("projects:detail", project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def purge(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, at once: only from the trash, and asked first."""
    project = project_for(request.user, pk, trashed=True)
    if request.method == "POST":
        services.purge_project(project)
        messages.success(request, f"“{project.title}” is gone for good.")
        return redirect("projects:trashed")
    return render(request, "projects/purge.html", {"project": project, "files": project.sources.count()})
