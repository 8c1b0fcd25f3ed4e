"""Part books by the API: the books and the cells of a project's table, with the doubts of every part."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from notation import books, reading
from notation.access import books_of, cell_for
from notation.edit_api import CellEdits
from notation.in_project import ID, IN_PROJECT, PROJECT, OfProject
from notation.models import Book, Score
from notation.songs_api import CellSongs


class BookSerializer(serializers.ModelSerializer[Book]):
    derived = serializers.BooleanField(read_only=True, help_text="Made from other books by a rule.")

    class Meta:
        model = Book
        fields = ("id", "instrument", "order", "sources", "part", "note", "derived", "read_at")
        read_only_fields = fields


class DoubtSerializer(serializers.Serializer[Any]):
    measure = serializers.IntegerField(help_text="Index in the document, from 0.")
    page = serializers.IntegerField(help_text="Of the book, from 1; 0 in derived parts.")
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

    @extend_schema_field(DoubtSerializer(many=True))
    def get_doubts(self, cell: books.Cell) -> list[dict[str, Any]]:
        read = cell.score.last_read if cell.score is not None else None
        found = reading.doubts(read.reading) if read is not None else []
        return list(DoubtSerializer(found, many=True).data)


@extend_schema_view(list=extend_schema(parameters=[PROJECT]), retrieve=extend_schema(parameters=[PROJECT, ID]))
class BookViewSet(OfProject, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Book]):
    """The part books of a project, in the order of a score."""

    serializer_class = BookSerializer
    queryset = Book.objects.none()
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return books_of(self.request.user).filter(project=self.of_project()).prefetch_related("sources")


class CellViewSet(CellSongs, CellEdits, OfProject, viewsets.ViewSet):
    """The parts of the table: how many bars each has, and which of them are doubted."""

    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[PROJECT], responses=CellSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        _, rows = books.table(self.of_project())
        cells = [cell for row in rows for cell in row.cells if cell.score is not None]
        return Response(CellSerializer(cells, many=True).data)

    @extend_schema(parameters=[PROJECT, ID], responses=CellDetailSerializer)
    def retrieve(self, request: Request, project: str, pk: str) -> Response:
        score: Score = cell_for(request.user, int(project), int(pk))
        return Response(CellDetailSerializer(books.cell_of(score)).data)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    (f"{IN_PROJECT}/books", BookViewSet, "book"),
    (f"{IN_PROJECT}/cells", CellViewSet, "cell"),
]
