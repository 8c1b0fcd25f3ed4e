"""Sorted pages by the API: what was seen of the files, how pages are grouped, reading them, binding them anew."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from media_pipeline import sight, sorting
from media_pipeline.models import Job
from media_pipeline.recipes import ORIGINALS
from media_pipeline.sort_views import picture
from notation import sorting as steps
from notation.score.arrangement import LONGEST_NAME, LONGEST_TITLE, MOST_STARTS, Leaf, Sheaf, Start
from notation.sorting import VERBS, Standing
from projects.access import project_for, source_for
from projects.models import Project

_PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
_BIG = 2**62


class SongBeginsSerializer(serializers.Serializer[Any]):
    """A song begins here."""

    y = serializers.FloatField(min_value=0, max_value=0.99, default=0.0, help_text="Share of the page’s height.")
    title = serializers.CharField(max_length=LONGEST_TITLE, allow_blank=True, default="")
    composer = serializers.CharField(max_length=LONGEST_TITLE, allow_blank=True, default="")
    tacet = serializers.BooleanField(default=False, help_text="The book only names it.")


class LeafSerializer(serializers.Serializer[Any]):
    """A page, known by its file and its place there as it was set upright."""

    source = serializers.IntegerField(min_value=1, max_value=_BIG)  # type: ignore[assignment]
    sheet = serializers.IntegerField(min_value=0, max_value=10_000, help_text="From 0; a scan may hold two pages.")
    turn = serializers.ChoiceField(choices=(0, 90, 180, 270), default=0, help_text="By hand, degrees clockwise.")
    left_out = serializers.BooleanField(source="out", default=False)
    starts = SongBeginsSerializer(many=True, default=list)

    def validate_starts(self, starts: list[Any]) -> list[Any]:
        if len(starts) > MOST_STARTS:
            raise serializers.ValidationError(f"At most {MOST_STARTS} songs begin on one page.")
        return starts


class SheafSerializer(serializers.Serializer[Any]):
    """A book: its pages in order. Without an id it is a new one."""

    id = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=LONGEST_NAME)
    named = serializers.BooleanField(default=False, help_text="By hand: then the name says what the instrument is.")
    why = serializers.CharField(read_only=True, help_text="What its name was understood from, or what is strange.")
    pages = LeafSerializer(source="leaves", many=True, allow_empty=False)


class ArrangementSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="Send it along with a change; 409 where somebody was quicker.")
    undo = serializers.CharField(help_text="What would be undone; empty where there is nothing.")
    redo = serializers.CharField()
    waiting = serializers.ListField(child=serializers.IntegerField(), help_text="Files that were not looked at yet.")
    books = SheafSerializer(many=True)


class RegroupSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    books = SheafSerializer(many=True, help_text="All of them: every page stands in exactly one.")


class PagesStepSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    verb = serializers.ChoiceField(choices=[*VERBS, "undo", "redo"])
    given = serializers.DictField(
        default=dict, help_text='As {"leaves": ["12-0"], "book": "b1", "before": "12-3"}; a page is SOURCE-SHEET.'
    )


class OriginalsSerializer(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=("all", "instrument", "song", "both"), default="all")
    paper = serializers.ChoiceField(choices=("A4", "Letter", "A5"), default="A4")


class StartedSerializer(serializers.Serializer[Any]):
    job = serializers.IntegerField(allow_null=True, help_text="null: there is nothing to do.")


class PagesViewSet(viewsets.ViewSet):
    """The pages of a project's PDFs and pictures, grouped into books, with the songs that begin on them."""

    @extend_schema(parameters=[_PROJECT], responses=ArrangementSerializer)
    def show(self, request: Request, project: int) -> Response:
        found = project_for(request.user, project)
        return self._answer(found, steps.standing(found))

    @extend_schema(parameters=[_PROJECT], request=RegroupSerializer, responses=ArrangementSerializer)
    def regroup(self, request: Request, project: int) -> Response:
        """Sort the pages otherwise, all at once. One step, which can be undone."""
        found = project_for(request.user, project)
        asked = RegroupSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        books = [_sheaf(book) for book in asked.validated_data["books"]]
        version = asked.validated_data["version"]
        return self._answer(found, steps.regroup(found, user=request.user, version=version, books=books))  # type: ignore[arg-type]

    @extend_schema(parameters=[_PROJECT], request=PagesStepSerializer, responses=ArrangementSerializer)
    def step(self, request: Request, project: int) -> Response:
        """One step, as the page makes them: move, split, turn, begin (a song), undo …"""
        found = project_for(request.user, project)
        asked = PagesStepSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        after, _ = steps.change(found, user=request.user, **asked.validated_data)  # type: ignore[arg-type]
        return self._answer(found, after)

    @extend_schema(parameters=[_PROJECT], request=None, responses={201: StartedSerializer})
    def look(self, request: Request, project: int) -> Response:
        """A first look at files that were not looked at yet: their pages join the books as they are known."""
        found = project_for(request.user, project)
        return self._started(sorting.start_look(request.user, project=found))  # type: ignore[arg-type]

    @extend_schema(parameters=[_PROJECT], request=None, responses={201: StartedSerializer})
    def read(self, request: Request, project: int) -> Response:
        """Read the books as they are sorted. What was read before is not read again."""
        found = project_for(request.user, project)
        return self._started(sorting.start_reading(request.user, project=found))  # type: ignore[arg-type]

    @extend_schema(parameters=[_PROJECT], request=OriginalsSerializer, responses={201: StartedSerializer})
    def originals(self, request: Request, project: int) -> Response:
        """Bind the original pages anew: PDFs in one ZIP, at /jobs/<id>/file when the job is done."""
        found = project_for(request.user, project)
        asked = OriginalsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        options = {f"{ORIGINALS.stages[-1].name}.{name}": value for name, value in asked.validated_data.items()}
        return self._started(sorting.start_originals(request.user, project=found, options=options))  # type: ignore[arg-type]

    @extend_schema(
        operation_id="projects_pages_picture",
        parameters=[
            _PROJECT,
            OpenApiParameter("source", OpenApiTypes.INT, OpenApiParameter.PATH),
            OpenApiParameter("sheet", OpenApiTypes.INT, OpenApiParameter.PATH),
        ],
        responses={(200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def picture(self, request: Request, project: int, source: int, sheet: int) -> HttpResponse:
        """A page as it was set upright."""
        found = source_for(request.user, source)
        sheets = sight.sheets_of(found.project.owner_id, found) if found.project_id == project else ()
        if sheet >= len(sheets):
            raise Http404
        return picture(request._request, sheets[sheet].picture, media_type="image/png")

    def _answer(self, project: Project, standing: Standing) -> Response:
        waiting = [source.pk for source in sorting.to_look_at(project)]
        told = {
            "version": standing.version,
            "undo": standing.undo,
            "redo": standing.redo,
            "waiting": waiting,
            "books": standing.arranged.books,
        }
        return Response(ArrangementSerializer(told).data)

    def _started(self, job: Job | None) -> Response:
        headers = {"Location": reverse("api:job-detail", args=[job.pk])} if job is not None else {}
        return Response({"job": job.pk if job is not None else None}, status=status.HTTP_201_CREATED, headers=headers)


def _sheaf(told: dict[str, Any]) -> Sheaf:
    leaves = tuple(
        Leaf(
            leaf["source"],
            leaf["sheet"],
            leaf["turn"],
            leaf["out"],
            tuple(sorted(Start(**start) for start in leaf["starts"])),
        )
        for leaf in told["leaves"]
    )
    return Sheaf(told["id"], told["name"], leaves, told["named"])


_P = "projects/<int:project>/pages/"


URLS = [
    path(_P, PagesViewSet.as_view({"get": "show", "patch": "regroup"}), name="pages"),
    path(f"{_P}steps/", PagesViewSet.as_view({"post": "step"}), name="pages-step"),
    path(f"{_P}look/", PagesViewSet.as_view({"post": "look"}), name="pages-look"),
    path(f"{_P}read/", PagesViewSet.as_view({"post": "read"}), name="pages-read"),
    path(f"{_P}originals/", PagesViewSet.as_view({"post": "originals"}), name="pages-originals"),
    path(f"{_P}<int:source>/<int:sheet>/", PagesViewSet.as_view({"get": "picture"}), name="pages-picture"),
]
