"""Songs by the API: where they begin and end in each book, and what can be done to them; notation files taken in.

Bars count from 1. Who changes bars says which revision of the part she saw: where there is a newer one, the answer is
409 and nothing is changed.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from notation import bring, songs, undo
from notation.access import book_for, cell_for, song_for, songs_of
from notation.in_project import ID, IN_PROJECT, NUMBER, OVERTAKEN, PROJECT, OfProject
from notation.models import Song, SongChange
from notation.musicxml import NotationError
from notation.places import places
from projects.access import source_for

ID_MOST = 2**63 - 1


class PlaceSerializer(serializers.Serializer[Any]):
    """A song in one book. Pages and bars count from 1, bars over the whole book; pages are 0 where none is known."""

    cell = serializers.IntegerField(source="score.pk")
    book = serializers.IntegerField(source="book.pk")
    revision = serializers.IntegerField(help_text="The newest; to be named when its bars are moved.")
    bars = serializers.IntegerField()
    first_bar = serializers.IntegerField()
    last_bar = serializers.IntegerField()
    first_page = serializers.IntegerField()
    last_page = serializers.IntegerField()


class SongSerializer(serializers.ModelSerializer[Song]):
    title = serializers.CharField(max_length=200)
    composer = serializers.CharField(max_length=200, allow_blank=True, required=False)
    tempo = serializers.CharField(max_length=100, allow_blank=True, required=False)
    order = serializers.IntegerField(min_value=0, max_value=100_000, required=False, help_text="From 0.")
    places = serializers.SerializerMethodField(help_text="Where it begins and ends in each book that has it.")

    class Meta:
        model = Song
        fields = ("id", "title", "printed", "composer", "tempo", "order", "places")
        read_only_fields = ("id", "printed")

    @extend_schema_field(PlaceSerializer(many=True))
    def get_places(self, song: Song) -> list[dict[str, Any]]:
        context = cast(dict[str, Any], self.context)
        if "places" not in context:
            context["places"] = places(song.project)
        mine = [place for place in context["places"] if place.song.pk == song.pk]
        return list(PlaceSerializer(mine, many=True).data)


class OtherSong(serializers.Serializer[Any]):
    song = serializers.IntegerField(min_value=1, max_value=ID_MOST)


class SameSong(OtherSong):
    book = serializers.IntegerField(
        min_value=1, max_value=ID_MOST, required=False, help_text="In this book alone; without: in all."
    )


class SplitAt(serializers.Serializer[Any]):
    bar = serializers.IntegerField(min_value=1, max_value=100_000, help_text="With which the new song begins.")
    revision = serializers.IntegerField(min_value=1, max_value=10**9, help_text="Of the part, as it was seen.")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    everywhere = serializers.BooleanField(
        required=False, help_text="In all books that have the song, each at the bar that belongs beside this one."
    )


class Boundary(serializers.Serializer[Any]):
    by = serializers.IntegerField(
        min_value=-100_000, max_value=100_000,
        help_text="So many bars later does the song begin in this book; earlier where negative.",
    )  # fmt: skip
    revision = serializers.IntegerField(min_value=1, max_value=10**9, help_text="Of the part, as it was seen.")
    before = serializers.IntegerField(
        min_value=1, max_value=10**9, help_text="Revision of the part of the song before, as it was seen."
    )


class Done(serializers.Serializer[Any]):
    notices = serializers.ListField(child=serializers.CharField(), help_text="What the new bar lines cut through.")


class SplitDone(Done):
    song = serializers.IntegerField(help_text="The new one.")


class SongChangeSerializer(serializers.ModelSerializer[SongChange]):
    class Meta:
        model = SongChange
        fields = ("id", "text", "author", "made_at", "undone_at")
        read_only_fields = fields


class NotationFiles(serializers.Serializer[Any]):
    sources = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MOST), min_length=1, max_length=bring.MOST_FILES,
        help_text="MusicXML and MIDI files of the project.",
    )  # fmt: skip


class TakenSerializer(serializers.Serializer[bring.Taken]):
    files = serializers.IntegerField(help_text="How many were opened.")
    books = serializers.IntegerField()
    notices = serializers.ListField(child=serializers.CharField())


@extend_schema_view(
    list=extend_schema(parameters=[PROJECT]),
    retrieve=extend_schema(parameters=[PROJECT, ID]),
    partial_update=extend_schema(parameters=[PROJECT, ID]),
    destroy=extend_schema(parameters=[PROJECT, ID], description="Seen nowhere any more; taking back brings it again."),
)
class SongViewSet(
    OfProject,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Song],
):
    """The songs of a project's part books. New ones come of reading, of notation files and of splitting."""

    serializer_class = SongSerializer
    queryset = Song.objects.none()
    http_method_names = ["get", "patch", "post", "delete", "head", "options"]
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        return songs_of(self.request.user).filter(project=self.of_project())

    def perform_update(self, serializer: Any) -> None:
        song, asked = serializer.instance, serializer.validated_data
        words = {name: asked[name] for name in ("title", "composer", "tempo") if name in asked}
        songs.describe(song, author=_person(self.request), **words)
        if "order" in asked:
            songs.move(song, to=asked["order"], author=_person(self.request))
        song.refresh_from_db()

    def perform_destroy(self, instance: Song) -> None:
        songs.delete(instance, author=_person(self.request))

    @extend_schema(parameters=[PROJECT, ID], request=OtherSong, responses=SongSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, project: str, pk: str) -> Response:
        """The other song's music comes behind this one's in every book; it is no song any more."""
        song, asked = self.get_object(), _asked(OtherSong, request)
        songs.merge(song, following=self._other(asked["song"]), author=_person(request))
        return Response(self.get_serializer(song).data)

    @extend_schema(parameters=[PROJECT, ID], request=SameSong, responses=SongSerializer)
    @action(detail=True, methods=["post"])
    def same(self, request: Request, project: str, pk: str) -> Response:
        """This is the same piece as the other song: its parts go there. Answers with the other song."""
        song, asked = self.get_object(), _asked(SameSong, request)
        other = self._other(asked["song"])
        book = book_for(request.user, asked["book"], project=self.of_project()) if "book" in asked else None
        songs.same_as(song, other=other, book=book, author=_person(request))
        return Response(self.get_serializer(other).data)

    def _other(self, pk: int) -> Song:
        other = song_for(self.request.user, pk)
        if other.project_id != self.of_project().pk:
            raise Http404
        return other


@extend_schema_view(list=extend_schema(parameters=[PROJECT]))
class SongChangeViewSet(OfProject, mixins.ListModelMixin, viewsets.GenericViewSet[SongChange]):
    """What was done to the songs of a project, newest first."""

    serializer_class = SongChangeSerializer
    queryset = SongChange.objects.none()
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        return SongChange.objects.filter(project=self.of_project()).defer("before", "after")

    @extend_schema(parameters=[PROJECT, ID], request=None, responses=SongChangeSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, project: str, pk: str) -> Response:
        """Take the last change back; 409 where it is not the last one."""
        change = self.get_object()
        return Response(self.get_serializer(undo.undo(change, author=_person(request))).data)


class NotationFilesViewSet(OfProject, viewsets.ViewSet):
    """Notation files that join the part books."""

    @extend_schema(parameters=[PROJECT], request=NotationFiles, responses={201: TakenSerializer})
    def create(self, request: Request, project: str) -> Response:
        """Every part of every file goes to its book and its song. The same file a second time changes nothing.

        It is one of the project's song-changes, so it can be taken back.
        """
        here, asked = self.of_project(), _asked(NotationFiles, request)
        sources = [source_for(request.user, pk) for pk in dict.fromkeys(asked["sources"])]
        if any(source.project_id != here.pk for source in sources):
            raise Http404
        if wrong := [source.name for source in sources if source.kind not in bring.KINDS]:
            raise NotationError(f"“{wrong[0]}” is no notation file.", hint="Bring MusicXML or MIDI.")
        taken = bring.take_in(here, sources=sources, author=_person(request))
        return Response(TakenSerializer(taken).data, status=status.HTTP_201_CREATED)


class CellSongs:
    """What can be done to the bars of one book's part: a mixin for the cells."""

    @extend_schema(parameters=[PROJECT, ID], request=SplitAt, responses={201: SplitDone, **OVERTAKEN})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, project: str, pk: str) -> Response:
        """A new song begins at this bar."""
        cell, asked = cell_for(request.user, int(project), int(pk)), _asked(SplitAt, request)
        new, said = songs.split(
            cell,
            at=asked["bar"] - 1,
            revision=asked["revision"],
            title=asked.get("title", ""),
            everywhere=asked.get("everywhere", False),
            author=_person(request),
        )
        return Response(SplitDone({"song": new.pk, "notices": said}).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[PROJECT, ID], request=Boundary, responses={200: Done, **OVERTAKEN})
    @action(detail=True, methods=["post"])
    def begins(self, request: Request, project: str, pk: str) -> Response:
        """The song begins at another bar of its book: bars go to the song before, or come from it."""
        cell, asked = cell_for(request.user, int(project), int(pk)), _asked(Boundary, request)
        said = songs.move_boundary(
            cell, by=asked["by"], revision=asked["revision"], other=asked["before"], author=_person(request)
        )
        return Response(Done({"notices": said}).data)

    @extend_schema(parameters=[PROJECT, ID], responses={204: None})
    def destroy(self, request: Request, project: str, pk: str) -> Response:
        """Seen nowhere any more; taking back brings it again."""
        songs.delete_cell(cell_for(request.user, int(project), int(pk)), author=_person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _asked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _person(request: Any) -> User:
    return cast(User, request.user)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    (f"{IN_PROJECT}/songs", SongViewSet, "song"),
    (f"{IN_PROJECT}/song-changes", SongChangeViewSet, "song-change"),
    (f"{IN_PROJECT}/notation-files", NotationFilesViewSet, "notation-files"),
]
