"""Scores and their revisions, by the API: read, rename, take the document. The same services as the pages."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Max
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from notation import band_api, books_api, services, songs_api
from notation.access import revision_for, score_for, scores_of
from notation.models import Revision, Score
from notation.player import VIEWS
from notation.views import MEDIA_TYPE, document_response
from projects.access import project_for


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    document = serializers.SerializerMethodField()

    class Meta:
        model = Revision
        fields = ("number", "reason", "sha256", "options", "summary", "notices", "sync", "document", "created_at")
        read_only_fields = fields

    def get_document(self, revision: Revision) -> str:
        return reverse("api:score-document", args=[revision.score_id, revision.number])


class ScoreSerializer(serializers.ModelSerializer[Score]):
    title = serializers.CharField(max_length=200)
    latest = serializers.IntegerField(read_only=True, allow_null=True, source="newest", help_text="Newest revision.")

    class Meta:
        model = Score
        fields = ("id", "project", "source", "title", "kind", "created_at", "latest")
        read_only_fields = ("id", "project", "source", "kind", "created_at")


_NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="Revision number, from 1.")


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("project", int, description="Only those of this project.")])
)
class ScoreViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Score],
):
    """Scores. A new one comes of a job, or of a notation file that is uploaded."""

    serializer_class = ScoreSerializer
    queryset = Score.objects.none()  # for the schema; `get_queryset` decides
    http_method_names = ["get", "post", "patch", "head", "options"]
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        found = scores_of(_person(self.request)).annotate(newest=Max("revisions__number"))
        given = self.request.query_params.get("project") if self.action == "list" else None
        if given is None:
            return found
        if not given.isdecimal() or len(given) > 18:
            raise NotFound
        return found.filter(project=project_for(self.request.user, int(given)))

    def perform_update(self, serializer: Any) -> None:
        title = serializer.validated_data.get("title")
        if title is not None:
            serializer.instance = services.rename_score(serializer.instance, title=title)

    @extend_schema(responses=RevisionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def revisions(self, request: Request, pk: int) -> Response:
        """Every state of the score, newest first."""
        found = score_for(request.user, pk).revisions.all()
        return Response(RevisionSerializer(found, many=True).data)

    @extend_schema(parameters=[_NUMBER], responses=RevisionSerializer)
    @action(detail=True, methods=["get"], url_path=r"revisions/(?P<number>[0-9]{1,9})")
    def revision(self, request: Request, pk: int, number: str) -> Response:
        """One state of the score."""
        return Response(RevisionSerializer(revision_for(request.user, pk, int(number))).data)

    @extend_schema(
        parameters=[_NUMBER, OpenApiParameter("view", str, enum=VIEWS, description="For one use; without: as kept.")],
        responses={(200, MEDIA_TYPE): OpenApiResponse(OpenApiTypes.BINARY, "MusicXML")},
    )
    @action(detail=True, methods=["get"], url_path=r"revisions/(?P<number>[0-9]{1,9})/document")
    def document(self, request: Request, pk: int, number: str) -> HttpResponse:
        """The MusicXML of one state."""
        return document_response(request, revision_for(request.user, pk, int(number)))

    @extend_schema(request=None, parameters=[_NUMBER], responses={201: RevisionSerializer})
    @action(detail=True, methods=["post"], url_path=r"revisions/(?P<number>[0-9]{1,9})/restore")
    def restore(self, request: Request, pk: int, number: str) -> Response:
        """Make an older state the newest, as a new revision."""
        made = services.restore_revision(revision_for(request.user, pk, int(number)), author=_person(request))
        return Response(RevisionSerializer(made).data, status=status.HTTP_201_CREATED)


def _person(request: Request) -> User:
    return cast(User, request.user)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    ("scores", ScoreViewSet, "score"),
    *books_api.ROUTES,
    *songs_api.ROUTES,
    *band_api.ROUTES,
]
