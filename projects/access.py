"""The only door to a project and what is in it. Other people's things do not exist here: 404, never 403."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import User
from projects.models import Project, Source, Upload

Person = User | AnonymousUser


def projects_of(user: Person, *, trashed: bool = False) -> QuerySet[Project]:
    """What this person may see: by default what is not in the trash, else only what is."""
    if not user.is_authenticated:
        return Project.objects.none()
    return Project.objects.filter(owner=user, trashed_at__isnull=not trashed)


def project_for(user: Person, pk: int, *, trashed: bool = False) -> Project:
    """The project, if this person may work in it; Http404 otherwise, also for one in the trash unless asked."""
    project = projects_of(user, trashed=trashed).filter(pk=pk).first()
    if project is None:
        raise Http404("There is no such project.")
    return project


def sources_of(user: Person) -> QuerySet[Source]:
    return Source.objects.filter(project__in=projects_of(user))


def source_for(user: Person, pk: int) -> Source:
    source = sources_of(user).select_related("project", "blob").filter(pk=pk).first()
    if source is None:
        raise Http404("There is no such file.")
    return source


def uploads_of(user: Person) -> QuerySet[Upload]:
    return Upload.objects.filter(project__in=projects_of(user)).select_related("project", "source")


def upload_for(user: Person, pk: UUID | str) -> Upload:
    upload = uploads_of(user).filter(pk=pk).first()
    if upload is None:
        raise Http404("There is no such upload.")
    return upload
