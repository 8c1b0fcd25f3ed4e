"""Printing by the API: the instrumentation list, print sets and their files, one and all."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from media_pipeline import prints, services
from media_pipeline.models import Job
from media_pipeline.print_views import send_archive, send_file, sets_of
from notation.download import all_keys
from notation.engrave.style import FONTS
from notation.models import PrintSet
from notation.printing import choices
from notation.printing.chairs import lines_of, mark_of, write_lines
from notation.printing.keys import Key, key_from
from notation.printing.order import changed_since
from projects.access import project_for
from projects.models import Project

IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"
_PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
_ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
_FILE = {(200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY), (206, "*/*"): OpenApiResponse(OpenApiTypes.BINARY)}


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-z][0-9a-z]{1,19}$"}]})
class KeyField(serializers.Field[Any, Any, Any, Any]):
    """The number of a book or a song; a text for one that stands among the sorted pages alone, and was never read."""

    def to_internal_value(self, data: Any) -> Key:
        try:
            return key_from(data)
        except ValueError:
            raise serializers.ValidationError("This is neither a number nor what a list calls it.") from None

    def to_representation(self, value: Key) -> Key:
        return value


class ChairSerializer(serializers.Serializer[Any]):
    """A line of the instrumentation list."""

    book = KeyField(source="book.pk", help_text="A text for one that was never read: its id among the sorted pages.")
    instrument = serializers.CharField(source="book.instrument", read_only=True)
    player = serializers.CharField(max_length=100, allow_blank=True, default="")
    copies = serializers.IntegerField(min_value=0, max_value=200, default=1, help_text="0: not printed.")


class ChairsSerializer(serializers.Serializer[Any]):
    """Who plays what, in printing order. `mark` names this state."""

    mark = serializers.CharField(max_length=12, required=False, allow_blank=True)
    lines = ChairSerializer(many=True)


class PrintChoicesSerializer(serializers.Serializer[Any]):
    """What is left out is as it was chosen last in this project."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Empty: the project's.")
    subtitle = serializers.CharField(max_length=200, required=False, allow_blank=True)
    what = serializers.MultipleChoiceField(
        choices=choices.WHAT,
        required=False,
        help_text="books: one for every line of the list; scores; parts: each song for each instrument; "
        "pile: all copies in one PDF.",
    )
    kinds = serializers.MultipleChoiceField(choices=choices.KINDS, required=False, help_text="Of scores and parts.")
    songs = serializers.ListField(
        child=KeyField(), required=False, max_length=1000,
        help_text="These alone; left out: those chosen last, at first all.",
    )  # fmt: skip
    books = serializers.ListField(
        child=KeyField(), required=False, max_length=1000,
        help_text="Instruments that get books and parts.",
    )  # fmt: skip
    originals = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=1000,
        help_text="Books that are printed as the pages they were read from.",
    )  # fmt: skip
    pitch = serializers.ChoiceField(choices=choices.PITCHES, required=False, help_text="Of the scores.")
    paper = serializers.ChoiceField(choices=choices.PAPERS, required=False)
    score_paper = serializers.ChoiceField(choices=choices.SCORE_PAPERS, required=False, allow_blank=True)
    turn = serializers.ChoiceField(choices=choices.TURNS, required=False, help_text="How the paper of scores lies.")
    staff_mm = serializers.FloatField(required=False, help_text="Height of a staff in books; 0: automatic.")
    font = serializers.ChoiceField(choices=FONTS, required=False)
    cover = serializers.BooleanField(required=False)
    index = serializers.BooleanField(required=False)
    together = serializers.BooleanField(required=False, help_text="A song on the same page in every book.")
    pattern = serializers.CharField(
        max_length=200, required=False, help_text="Names of song parts: {song}, {part}, {number}, {set}, {composer}."
    )


class PrintedFileSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    path = serializers.CharField(help_text="In the ZIP.")
    size = serializers.IntegerField()
    pages = serializers.IntegerField(help_text="Of a PDF, else 0.")
    media_type = serializers.CharField()
    url = serializers.CharField()


class PrintSetSerializer(serializers.ModelSerializer[PrintSet]):
    """Books, scores and parts made at one moment. `file` is null until they are made."""

    job = serializers.SerializerMethodField(help_text="The job that makes it; watch that one.")
    state = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField(help_text="All files in one ZIP.")
    files = serializers.SerializerMethodField()
    changed = serializers.SerializerMethodField(help_text="What is different now from what it holds, in words.")
    choices = serializers.JSONField(source="chosen", read_only=True)
    contents = serializers.JSONField(read_only=True, help_text="The revisions it was made of, and the list.")

    class Meta:
        model = PrintSet
        fields = (
            "id", "project", "title", "state", "job", "choices", "contents", "file", "size", "files", "changed",
            "notices", "problem", "created_at", "made_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_job(self, made: PrintSet) -> int | None:
        job = prints.job_of(made)
        return job.pk if job is not None else None

    @extend_schema(responses=serializers.ChoiceField(choices=Job.State.choices))
    def get_state(self, made: PrintSet) -> str:
        if made.file:
            return Job.State.DONE.value
        job = prints.job_of(made)
        return str(job.state) if job is not None else Job.State.FAILED.value

    def get_file(self, made: PrintSet) -> str | None:
        return reverse("api:print-file", args=[made.project_id, made.pk]) if made.file else None

    @extend_schema(responses=PrintedFileSerializer(many=True))
    def get_files(self, made: PrintSet) -> Any:
        entries = [
            {**one, "url": reverse("api:print-one", args=[made.project_id, made.pk, one["number"]])}
            for one in (made.printed if made.file else [])
        ]
        return PrintedFileSerializer(entries, many=True).data

    def get_changed(self, made: PrintSet) -> list[str]:
        return changed_since(made)


class _OfProject:
    def of_project(self) -> Project:
        return project_for(self.request.user, int(self.kwargs["project"]))  # type: ignore[attr-defined]


class ChairViewSet(_OfProject, viewsets.ViewSet):
    """The instrumentation list: who plays what, and how many copies the print set has of it."""

    @extend_schema(parameters=[_PROJECT], responses=ChairsSerializer)
    def show(self, request: Request, project: int) -> Response:
        return self._answer(self.of_project())

    @extend_schema(parameters=[_PROJECT], request=ChairsSerializer, responses=ChairsSerializer)
    def replace(self, request: Request, project: int) -> Response:
        """Put a list in place of it. Books that are left out get no copies.

        With a `mark` only over the state of that mark: whoever changed it meanwhile loses nothing.
        """
        found = self.of_project()
        asked = ChairsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        lines = [(line["book"]["pk"], line["player"], line["copies"]) for line in asked.validated_data["lines"]]
        write_lines(found, lines, mark=asked.validated_data.get("mark", ""))
        return self._answer(found)

    def _answer(self, project: Project) -> Response:
        lines = lines_of(project)
        return Response(ChairsSerializer({"mark": mark_of(lines), "lines": lines}).data)


@extend_schema_view(
    list=extend_schema(parameters=[_PROJECT]),
    retrieve=extend_schema(parameters=[_PROJECT, _ID]),
)
class PrintViewSet(
    _OfProject, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PrintSet]
):  # fmt: skip
    """Sets of part books, scores and parts: make one, watch it, fetch its files."""

    serializer_class = PrintSetSerializer
    queryset = PrintSet.objects.none()
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return sets_of(self._person()).filter(project=self.of_project())

    def _person(self) -> User:
        return self.request.user  # type: ignore[return-value]

    @extend_schema(
        parameters=[_PROJECT],
        request=PrintChoicesSerializer,
        responses={201: PrintSetSerializer, 200: PrintSetSerializer},
    )
    def create(self, request: Request, project: str) -> Response:
        """Begin to make a set of what the project holds now. One that is there already is answered at once (200)."""
        found = self.of_project()
        asked = PrintChoicesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {name: sorted(v) if isinstance(v, set) else v for name, v in asked.validated_data.items()}
        for name in ("songs", "books"):
            if name in given:
                wanted = set(given.pop(name))
                given[f"without_{name}"] = [key for key in all_keys(found, name) if key not in wanted]
        made = prints.start_print(self._person(), project=found, given=given)
        code = status.HTTP_200_OK if made.file else status.HTTP_201_CREATED
        where = reverse("api:print-detail", args=[found.pk, made.pk])
        return Response(self.get_serializer(made).data, status=code, headers={"Location": where})

    @extend_schema(parameters=[_PROJECT, _ID], request=None, responses=PrintSetSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, project: str, pk: str) -> Response:
        """Stop making it; nothing half is left. Pages that are finished are kept for the next time."""
        made = self.get_object()
        job = prints.job_of(made)
        if job is not None:
            services.cancel_job(job)
        return Response(self.get_serializer(made).data)

    @extend_schema(parameters=[_PROJECT, _ID], responses=_FILE)
    @action(detail=True, methods=["get"])
    def file(self, request: Request, project: str, pk: str) -> HttpResponseBase:
        """All files in one ZIP: books/, scores/, parts/<song>/. Ranges."""
        return send_archive(request._request, self.get_object())

    @extend_schema(
        parameters=[_PROJECT, _ID, OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH)],
        responses=_FILE,
    )
    @action(detail=True, methods=["get"], url_path="files/(?P<number>[0-9]{1,9})", url_name="one")
    def one(self, request: Request, project: str, pk: str, number: str) -> HttpResponseBase:
        """One file of the set. Ranges."""
        return send_file(request._request, self.get_object(), number=int(number), inline=False)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [(f"{IN_PROJECT}/prints", PrintViewSet, "print")]
URLS = [
    path(
        "projects/<int:project>/chairs/",
        ChairViewSet.as_view({"get": "show", "put": "replace"}),
        name="chair-list",
    )
]
