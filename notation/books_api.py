"""Part books by the API: the songs, the books and the cells of a project's table, with the doubts of every part."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from notation import books, reading
from notation.access import books_of, cell_for, songs_of
from notation.models import Book, Score, Song
from projects.access import project_for
from projects.models import Project

_PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
_ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"


class SongSerializer(serializers.ModelSerializer[Song]):
    title = serializers.CharField(max_length=200)
    composer = serializers.CharField(max_length=200, allow_blank=True, required=False)
    order = serializers.IntegerField(min_value=0, max_value=100_000, required=False, help_text="From 0.")

    class Meta:
        model = Song
        fields = ("id", "title", "printed", "composer", "order")
        read_only_fields = ("id", "printed")


class BookSerializer(serializers.ModelSerializer[Book]):
    class Meta:
        model = Book
        fields = ("id", "instrument", "order", "sources", "part", "note", "read_at")
        read_only_fields = fields


class DoubtSerializer(serializers.Serializer[Any]):
    measure = serializers.IntegerField(help_text="Index in the document, from 0.")
    page = serializers.IntegerField(help_text="Of the book, from 1.")
    doubt = serializers.FloatField(help_text="0 to 1.")
    reasons = serializers.ListField(child=serializers.CharField())


class CellSerializer(serializers.Serializer[Any]):
    """What one book has of one song; `id` is that of its score."""

    id = serializers.IntegerField(source="score.pk")
    song = serializers.IntegerField(source="score.song_id")
    book = serializers.IntegerField(source="score.book_id")
    bars = serializers.IntegerField()
    doubtful = serializers.IntegerField(help_text="How many of its bars are doubted.")
    light = serializers.ChoiceField(
        source="state",
        choices=("good", "doubtful", "wrong"),
        help_text="wrong: another number of bars than most books of the song have, or nothing could be read.",
    )
    why = serializers.CharField()


class CellDetailSerializer(CellSerializer):
    doubts = serializers.SerializerMethodField(help_text="In the order of the music.")

    @extend_schema(responses=DoubtSerializer(many=True))
    def get_doubts(self, cell: books.Cell) -> list[dict[str, Any]]:
        read = cell.score.last_read if cell.score is not None else None
        found = reading.doubts(read.reading) if read is not None else []
        return list(DoubtSerializer(found, many=True).data)


class _OfProject:
    """What is below /projects/<id>/: the project first, or 404."""

    def of_project(self) -> Project:
        return project_for(self.request.user, int(self.kwargs["project"]))  # type: ignore[attr-defined]


@extend_schema_view(
    list=extend_schema(parameters=[_PROJECT]),
    retrieve=extend_schema(parameters=[_PROJECT, _ID]),
    partial_update=extend_schema(parameters=[_PROJECT, _ID]),
)
class SongViewSet(
    _OfProject,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Song],
):
    """The songs of a project's part books. New ones come of reading; title, composer and order can be changed."""

    serializer_class = SongSerializer
    queryset = Song.objects.none()
    http_method_names = ["get", "patch", "head", "options"]
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return songs_of(self.request.user).filter(project=self.of_project())

    def perform_update(self, serializer: Any) -> None:
        song, asked = serializer.instance, serializer.validated_data
        if "composer" in asked:
            song.composer = asked["composer"]
            song.save(update_fields=["composer"])
        if "title" in asked:
            books.rename_song(song, title=asked["title"])
        if "order" in asked:
            books.move_song(song, to=asked["order"])
        song.refresh_from_db()


@extend_schema_view(list=extend_schema(parameters=[_PROJECT]), retrieve=extend_schema(parameters=[_PROJECT, _ID]))
class BookViewSet(_OfProject, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Book]):
    """The part books of a project, in the order of a score."""

    serializer_class = BookSerializer
    queryset = Book.objects.none()
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return books_of(self.request.user).filter(project=self.of_project()).prefetch_related("sources")


class CellViewSet(_OfProject, viewsets.ViewSet):
    """The parts of the table: how many bars each has, and which of them are doubted."""

    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[_PROJECT], responses=CellSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        _, rows = books.table(self.of_project())
        cells = [cell for row in rows for cell in row.cells if cell.score is not None]
        return Response(CellSerializer(cells, many=True).data)

    @extend_schema(parameters=[_PROJECT, _ID], responses=CellDetailSerializer)
    def retrieve(self, request: Request, project: str, pk: str) -> Response:
        score: Score = cell_for(request.user, int(project), int(pk))
        return Response(CellDetailSerializer(books.cell_of(score)).data)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    (f"{IN_PROJECT}/songs", SongViewSet, "song"),
    (f"{IN_PROJECT}/books", BookViewSet, "book"),
    (f"{IN_PROJECT}/cells", CellViewSet, "cell"),
]
