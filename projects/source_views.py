"""Pages of one file: the file itself, its player or preview, rename, delete."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.views import me
from projects import previews, services
from projects.access import source_for
from projects.files import LOCKED, SAFE_INLINE, serve
from projects.forms import RenameForm
from projects.models import Source


@login_required
@require_GET
def source(request: HttpRequest, pk: int) -> HttpResponse:
    found = source_for(request.user, pk)
    context = {
        "source": found,
        "project": found.project,
        "form": RenameForm(initial={"name": found.name}),
        "playable": found.media_type in SAFE_INLINE and found.kind in (Source.Kind.AUDIO, Source.Kind.VIDEO),
        "pictured": found.kind in (Source.Kind.PDF, Source.Kind.IMAGE),
        "shared_with": Source.objects.filter(blob=found.blob_id).exclude(pk=found.pk).count(),
    }
    return render(request, "projects/source.html", context)


@login_required
@require_safe
def source_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = source_for(request.user, pk)
    return serve(
        request,
        found.blob.file,
        name=found.name,
        media_type=found.media_type,
        inline="download" not in request.GET,
    )


@login_required
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment with pictures of the first pages; the first call makes them."""
    found = source_for(request.user, pk)
    made = previews.preview_of(found)
    context = {"source": found, "preview": made, "pages": range(1, made.pages + 1), "more": made.whole - made.pages}
    return render(request, "projects/_preview.html", context)


@login_required
@require_GET
def preview_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    found = source_for(request.user, pk)
    if not 1 <= page <= previews.PAGES or found.kind not in (Source.Kind.PDF, Source.Kind.IMAGE):
        raise Http404("There is no such page.")
    try:
        with default_storage.open(previews.name_of(found.blob, page=page)) as file:
            response = HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError as missing:
        raise Http404("There is no such page.") from missing
    response["Cache-Control"] = "private, max-age=86400"
    response["Content-Security-Policy"] = LOCKED
    return response


@login_required
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    found = source_for(request.user, pk)
    form = RenameForm(request.POST)
    if form.is_valid():
        services.rename_source(found, user=me(request), name=form.cleaned_data["name"])
        messages.success(request, "Renamed.")
    else:
        messages.error(request, "Please write a name of at most 200 letters.")
    return redirect("projects:source", found.pk)


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = source_for(request.user, pk)
    if request.method == "POST":
        services.delete_source(found, user=me(request))
        messages.success(request, f"“{found.name}” is deleted.")
        return redirect("projects:detail", found.project_id)
    elsewhere = Source.objects.filter(blob=found.blob_id).exclude(pk=found.pk).exists()
    return render(
        request, "projects/source_delete.html", {"source": found, "project": found.project, "elsewhere": elsewhere}
    )
