"""Projects, their files and uploads, by the API. The same services as the pages; other people's things are 404."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from projects import services, uploads
from projects.access import project_for, projects_of, source_for, sources_of, upload_for, uploads_of
from projects.files import serve
from projects.models import Project, Source, Upload


def person(request: Request) -> User:
    return cast(User, request.user)


def _asked_project(request: Request) -> int | None:
    """?project=: its number; one that is no number, or not hers, is 404 like everything else that is not there."""
    given = request.query_params.get("project")
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 18:
        raise NotFound
    return project_for(request.user, int(given)).pk


_IN_PROJECT = OpenApiParameter("project", int, description="Only those of this project.")


# --- projects -------------------------------------------------------------------------------------------------------
class ProjectSerializer(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ("id", "title", "description", "created_at", "updated_at", "trashed_at")
        read_only_fields = ("id", "created_at", "updated_at", "trashed_at")


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("trashed", bool, description="true: what is in the trash instead."),
            OpenApiParameter("q", str, description="Words of the title."),
        ]
    ),
    destroy=extend_schema(description="Into the trash, from where it can be restored for 30 days."),
)
class ProjectViewSet(viewsets.ModelViewSet[Project]):
    serializer_class = ProjectSerializer
    queryset = Project.objects.none()  # for the schema; `get_queryset` decides
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        asked = self.request.query_params
        trashed = self.action == "list" and asked.get("trashed", "").lower() in {"1", "true"}
        found = projects_of(person(self.request), trashed=trashed)
        for word in asked.get("q", "")[:200].replace("\0", "").split():
            found = found.filter(title__icontains=word)
        return found

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_project(person(self.request), **serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        project: Project = serializer.instance
        kept = {"title": project.title, "description": project.description}
        serializer.instance = services.edit_project(
            project, user=person(self.request), **(kept | serializer.validated_data)
        )

    def perform_destroy(self, instance: Project) -> None:
        services.trash_project(instance)

    @extend_schema(request=None, responses=ProjectSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: int) -> Response:
        """Out of the trash."""
        project = project_for(request.user, pk, trashed=True)
        services.restore_project(project, user=person(request))
        return Response(self.get_serializer(project_for(request.user, pk)).data)


# --- sources --------------------------------------------------------------------------------------------------------
class SourceSerializer(serializers.ModelSerializer[Source]):
    size = serializers.IntegerField(source="blob.size", read_only=True)
    sha256 = serializers.CharField(source="blob.sha256", read_only=True)
    name = serializers.CharField(max_length=200)

    class Meta:
        model = Source
        fields = ("id", "project", "name", "kind", "media_type", "size", "sha256", "problem", "created_at")
        read_only_fields = ("id", "project", "kind", "media_type", "problem", "created_at")


@extend_schema_view(
    list=extend_schema(parameters=[_IN_PROJECT]),
    destroy=extend_schema(description="For good; the bytes go unless another file has the same."),
)
class SourceViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Source],
):
    """Files of projects. A new one comes by an upload."""

    serializer_class = SourceSerializer
    queryset = Source.objects.none()
    http_method_names = ["get", "patch", "delete", "head", "options"]
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        found = sources_of(person(self.request)).select_related("blob", "project__owner").order_by("-created_at", "-pk")
        pk = _asked_project(self.request) if self.action == "list" else None
        return found if pk is None else found.filter(project=pk)

    def perform_update(self, serializer: Any) -> None:
        if "name" in serializer.validated_data:
            services.rename_source(
                serializer.instance, user=person(self.request), name=serializer.validated_data["name"]
            )

    def perform_destroy(self, instance: Source) -> None:
        services.delete_source(instance, user=person(self.request))

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: int) -> HttpResponseBase:
        """The bytes; single ranges are understood."""
        source = source_for(request.user, pk)
        return serve(request._request, source.blob.file, name=source.name, media_type=source.media_type)


# --- uploads --------------------------------------------------------------------------------------------------------
class RawParser(BaseParser):
    """Hands the body on as it is, unread."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


class UploadSerializer(serializers.ModelSerializer[Upload]):
    project = serializers.IntegerField(min_value=1, max_value=2**62, source="project_id")
    name = serializers.CharField(max_length=1000, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, max_value=2**62, help_text="in bytes")
    fingerprint = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="What tells this file from others, such as name, size and date: an unfinished upload with the same "
        "is found again instead of beginning a new one.",
    )
    parts = serializers.IntegerField(read_only=True, help_text="how many there are; numbers begin at 1")
    received = serializers.SerializerMethodField(help_text="numbers of the parts that are here")

    class Meta:
        model = Upload
        fields = (
            "id", "project", "name", "size", "fingerprint", "part_size", "parts", "received", "state", "problem",
            "told", "source", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "part_size", "state", "problem", "told", "source", "created_at")

    def get_received(self, upload: Upload) -> list[int]:
        return sorted(int(number) for number in upload.received)


_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(parameters=[_IN_PROJECT]),
    retrieve=extend_schema(parameters=[_ID]),
    destroy=extend_schema(parameters=[_ID], description="Cancel it; what arrived is removed."),
)
class UploadViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Upload],
):
    """Resumable uploads: begin one, PUT its parts in any order, finish it. Ask which parts are here after a failure."""

    serializer_class = UploadSerializer
    queryset = Upload.objects.none()
    lookup_value_converter = "uuid"

    def get_queryset(self) -> Any:
        found = uploads_of(person(self.request)).order_by("-created_at")
        pk = _asked_project(self.request) if self.action == "list" else None
        return found if pk is None else found.filter(project=pk)

    @extend_schema(responses={201: UploadSerializer})
    def create(self, request: Request) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        upload = uploads.start(
            project_for(request.user, given["project_id"]),
            user=person(request),
            name=given["name"],
            size_bytes=given["size"],
            fingerprint=given.get("fingerprint", ""),
        )
        return Response(
            self.get_serializer(upload).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": reverse("api:upload-detail", args=[upload.pk])},
        )

    def perform_destroy(self, instance: Upload) -> None:
        uploads.cancel(instance)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        parameters=[_ID, OpenApiParameter("number", int, OpenApiParameter.PATH)],
        responses=UploadSerializer,
    )
    @action(detail=True, methods=["put"], url_path="parts/(?P<number>[0-9]{1,6})", parser_classes=[RawParser])
    def part(self, request: Request, pk: uuid.UUID, number: str) -> Response:
        """One part: `part_size` bytes, the last one what is left. Sending it again is harmless."""
        upload = upload_for(request.user, pk)
        size = request.headers.get("Content-Length", "")
        body = request.data if hasattr(request.data, "read") else _NOTHING  # nothing is parsed where nothing was sent
        done = uploads.put_part(
            upload, number=int(number), body=cast(Any, body), size_bytes=int(size) if size.isdecimal() else None
        )
        return Response(self.get_serializer(done).data)

    @extend_schema(request=None, parameters=[_ID], responses={200: OpenApiResponse(UploadSerializer)})
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: uuid.UUID) -> Response:
        """Make it a file of the project. Asking again after a failure is harmless."""
        return Response(self.get_serializer(uploads.finish(upload_for(request.user, pk))).data)


class _Nothing:
    def read(self, size: int = -1, /) -> bytes:
        return b""


_NOTHING = _Nothing()

ROUTES = [
    ("projects", ProjectViewSet, "project"),
    ("sources", SourceViewSet, "source"),
    ("uploads", UploadViewSet, "upload"),
]
