"""What static/js/upload.js talks to: JSON about uploads. The API has the same verbs (projects/api.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views import me
from projects import uploads
from projects.access import project_for, upload_for
from projects.errors import ProjectError
from projects.models import Upload

View = Callable[..., HttpResponseBase]


def described(upload: Upload) -> dict[str, Any]:
    """An upload as the page needs it."""
    return {
        "id": str(upload.pk),
        "url": reverse("projects:upload", args=[upload.pk]),
        "name": upload.name,
        "size": upload.size,
        "part_size": upload.part_size,
        "parts": upload.parts,
        "received": sorted(int(number) for number in upload.received),
        "state": upload.state,
        "problem": upload.problem,
        "told": upload.told,
        "source": upload.source_id
        and {
            "id": upload.source_id,
            "url": reverse("projects:source", args=[upload.source_id]),
            "problem": upload.source.problem if upload.source else "",
        },
    }


def answers_json(view: View) -> View:
    """A refusal is a sentence with its status, and says whether trying again makes sense."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ProjectError as error:
            return JsonResponse({"problem": error.sentence, "permanent": error.permanent}, status=error.status)

    return wrapped


@login_required
@require_POST
@answers_json
def start(request: HttpRequest) -> HttpResponseBase:
    try:
        asked = json.loads(request.body)
        pk, name, size = int(asked["project"]), str(asked["name"]), int(asked["size"])
        fingerprint = str(asked.get("fingerprint", ""))
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise ProjectError("An upload needs a project, a name and a size.") from error
    upload = uploads.start(
        project_for(request.user, pk), user=me(request), name=name, size_bytes=size, fingerprint=fingerprint
    )
    return JsonResponse(described(upload), status=201)


@login_required
@require_http_methods(["GET", "DELETE"])
@answers_json
def upload(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    found = upload_for(request.user, pk)
    if request.method == "DELETE":
        uploads.cancel(found)
        return HttpResponse(status=204)
    return JsonResponse(described(found))


@login_required
@require_http_methods(["PUT"])
@answers_json
def part(request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
    found = upload_for(request.user, pk)
    size = request.headers.get("Content-Length", "")
    done = uploads.put_part(found, number=number, body=request, size_bytes=int(size) if size.isdigit() else None)
    return JsonResponse(described(done))


@login_required
@require_POST
@answers_json
def finish(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    return JsonResponse(described(uploads.finish(upload_for(request.user, pk))))


@login_required
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The button of the page, which works without JavaScript."""
    found = upload_for(request.user, pk)
    try:
        uploads.cancel(found)
    except ProjectError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"The upload of “{found.name}” is discarded.")
    return redirect("projects:detail", found.project_id)
