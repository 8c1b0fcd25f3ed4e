"""What the parts of a band say about each other, and the rules for derived parts, by the API."""

from __future__ import annotations

import json
from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from notation import checks, generate, rules
from notation.access import song_for
from notation.models import Song
from notation.score.derive import CLEFS, Rule, from_json
from projects.access import project_for
from projects.models import Project

IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"
_PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
_ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="Its place among the rules, from 0.")
_SONG = OpenApiParameter("song", OpenApiTypes.INT, description="Of this song; else of the first of which it makes any.")
MOST = 2**62


class FindingSerializer(serializers.Serializer[Any]):
    """One disagreement. `key` stays the same while the bars it is about do."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(checks.KINDS))
    cell = serializers.IntegerField(source="score.pk", help_text="The part that is thought to be wrong.")
    book = serializers.IntegerField(source="book.pk")
    bars = serializers.ListField(child=serializers.IntegerField(), help_text="From 1.")
    confidence = serializers.FloatField(help_text="0 to 1.")
    sure = serializers.BooleanField(help_text="Its repair needs nobody to look.")
    sentence = serializers.CharField()
    proposal = serializers.CharField(help_text="What the repair does; empty where there is none.")


class SongChecksSerializer(serializers.Serializer[Any]):
    song = serializers.IntegerField(source="song.pk")
    checked = serializers.BooleanField(help_text="Whether its parts were ever held together.")
    fresh = serializers.BooleanField(help_text="Whether no part has changed since.")
    open = FindingSerializer(many=True, help_text="The surest first.")
    dismissed = FindingSerializer(many=True)


class RepairSerializer(serializers.Serializer[Any]):
    song = serializers.IntegerField(min_value=1, max_value=MOST)
    keys = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=500, required=False,
        help_text="Of findings; left out: all that are sure.",
    )  # fmt: skip


class DismissSerializer(serializers.Serializer[Any]):
    song = serializers.IntegerField(min_value=1, max_value=MOST)
    key = serializers.CharField(max_length=64)
    again = serializers.BooleanField(default=False, help_text="List it again.")


class RuleSourceSerializer(serializers.Serializer[Any]):
    part = serializers.CharField(max_length=60)
    voice = serializers.ChoiceField(choices=("all", "upper", "lower"), default="all")


class RuleSerializer(serializers.Serializer[Any]):
    """A rule; `target` names the part that it makes."""

    target = serializers.CharField(max_length=60)
    sources = RuleSourceSerializer(many=True, help_text="The first that a song has is used.")
    octaves = serializers.IntegerField(
        min_value=-4, max_value=4, allow_null=True, default=0, help_text="null: those that suit the target."
    )
    semitones = serializers.IntegerField(min_value=-24, max_value=24, default=0)
    clef = serializers.ChoiceField(choices=list(CLEFS), allow_blank=True, default="")
    low = serializers.IntegerField(
        min_value=0,
        max_value=127,
        allow_null=True,
        default=None,
        help_text="Sounding MIDI number; null: its own range.",
    )
    high = serializers.IntegerField(min_value=0, max_value=127, allow_null=True, default=None)
    fold = serializers.BooleanField(default=True, help_text="Move phrases that are out of range by octaves.")

    def rule(self) -> Rule:
        """NotationError where it can make nothing."""
        return from_json(json.dumps([self.validated_data]))[0]


class TookSerializer(serializers.Serializer[Any]):
    part = serializers.CharField(source="words", help_text="As in “the lower voice of Flute”.")
    songs = serializers.ListField(child=serializers.CharField(), help_text="Their titles.")
    why = serializers.CharField(help_text="Why sources before it do not serve.")


class CardSerializer(serializers.Serializer[Any]):
    """A rule, what it takes in which songs, and how what it made stands."""

    id = serializers.SerializerMethodField(help_text="Its place, from 0.")
    rule = RuleSerializer()
    ticked = serializers.BooleanField()
    there = serializers.BooleanField(help_text="A book of this name was read: nothing is derived.")
    took = TookSerializer(many=True)
    missing = serializers.SerializerMethodField(help_text="Why it can make nothing of some songs.")
    book = serializers.IntegerField(source="made.book.pk", default=None, allow_null=True, help_text="That it made.")
    stale = serializers.BooleanField(source="made.stale", default=False, help_text="Its sources have changed since.")

    def get_id(self, card: generate.Card) -> int:
        return int(self.context["places"][card.rule.target])

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_missing(self, card: generate.Card) -> list[str]:
        return [f"{', '.join(songs)}: {why}" for songs, why in card.missing]


class TickSerializer(serializers.Serializer[Any]):
    targets = serializers.ListField(child=serializers.CharField(max_length=60), max_length=200)


class MoveSerializer(serializers.Serializer[Any]):
    to = serializers.IntegerField(min_value=0, max_value=1000, help_text="Its new place, from 0.")


class PreviewSerializer(serializers.Serializer[Any]):
    song = serializers.IntegerField(source="song.pk")
    reason = serializers.CharField()
    first = serializers.IntegerField(help_text="The bar that is drawn first, from 1.")
    sounding = serializers.CharField(help_text="Its compass.")
    folded = serializers.ListField(child=serializers.CharField(), help_text="Bars moved by octaves or out of range.")
    drawing = serializers.CharField(help_text="SVG.")


class _OfProject(viewsets.ViewSet):
    lookup_value_regex = "[0-9]{1,9}"

    def of_project(self) -> Project:
        return project_for(self.request.user, int(self.kwargs["project"]))

    def song(self, pk: int) -> Song:
        song = song_for(self.request.user, pk)
        if song.project_id != self.of_project().pk:
            raise NotFound
        return song

    @property
    def person(self) -> User:
        return cast(User, self.request.user)


class CheckViewSet(_OfProject):
    """The band's proof-reading. POST /proof-reading/ holds the parts together anew; repairs are revisions."""

    @extend_schema(parameters=[_PROJECT], responses=SongChecksSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        return Response(SongChecksSerializer(checks.standing(self.of_project()), many=True).data)

    @extend_schema(parameters=[_PROJECT], request=RepairSerializer, responses=SongChecksSerializer)
    @action(detail=False, methods=["post"])
    def repair(self, request: Request, project: str) -> Response:
        """Carry out repairs, for each part as one revision. 409 where the bars have changed meanwhile."""
        self.of_project()
        asked = RepairSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        song = self.song(asked.validated_data["song"])
        keys = asked.validated_data.get("keys")
        if keys is None:
            keys = [one.key for row in checks.standing(song.project, song=song) for one in row.sure]
        checks.repair(song, keys=keys, author=self.person)
        return self._of(song)

    @extend_schema(parameters=[_PROJECT], request=DismissSerializer, responses=SongChecksSerializer)
    @action(detail=False, methods=["post"])
    def dismiss(self, request: Request, project: str) -> Response:
        """It is right as it stands; remembered when the parts are held together again."""
        self.of_project()
        asked = DismissSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        song, key = self.song(asked.validated_data["song"]), asked.validated_data["key"]
        if asked.validated_data["again"]:
            checks.look_again(song, key=key)
        else:
            checks.dismiss(song, key=key, author=self.person)
        return self._of(song)

    def _of(self, song: Song) -> Response:
        found = checks.standing(song.project, song=song)
        if not found:
            raise NotFound
        return Response(SongChecksSerializer(found[0]).data)


class RuleViewSet(_OfProject):
    """The rules by which a project derives parts. POST /derive/ carries out those that are ticked."""

    @extend_schema(parameters=[_PROJECT], responses=CardSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        return self._cards()

    @extend_schema(parameters=[_PROJECT], request=RuleSerializer, responses={201: CardSerializer(many=True)})
    def create(self, request: Request, project: str) -> Response:
        """A new rule, at the end."""
        home = self.of_project()
        rules.put(home, self._asked(request))
        return self._cards(status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[_PROJECT, _ID], request=RuleSerializer, responses=CardSerializer(many=True))
    def update(self, request: Request, project: str, pk: str) -> Response:
        """Another rule in its place."""
        home, rule = self._rule(pk)
        rules.put(home, self._asked(request), instead_of=rule.target)
        return self._cards()

    @extend_schema(parameters=[_PROJECT, _ID], responses={204: None})
    def destroy(self, request: Request, project: str, pk: str) -> Response:
        home, rule = self._rule(pk)
        rules.delete(home, rule.target)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[_PROJECT, _ID], request=MoveSerializer, responses=CardSerializer(many=True))
    @action(detail=True, methods=["post"])
    def move(self, request: Request, project: str, pk: str) -> Response:
        home, rule = self._rule(pk)
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rules.move(home, rule.target, to=asked.validated_data["to"])
        return self._cards()

    @extend_schema(parameters=[_PROJECT, _ID, _SONG], responses=PreviewSerializer)
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, project: str, pk: str) -> Response:
        """The first bars of what the rule makes; 422 says why it makes nothing."""
        home, rule = self._rule(pk)
        asked = request.query_params.get("song", "")
        if asked and not (asked.isdecimal() and len(asked) < 19):
            raise NotFound
        return Response(
            PreviewSerializer(generate.preview(home, rule, song=self.song(int(asked)) if asked else None)).data
        )

    @extend_schema(parameters=[_PROJECT], request=TickSerializer, responses=CardSerializer(many=True))
    @action(detail=False, methods=["post"])
    def tick(self, request: Request, project: str) -> Response:
        """Choose what is to be made, by targets."""
        home = self.of_project()
        asked = TickSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rules.tick(home, asked.validated_data["targets"])
        return self._cards()

    @extend_schema(parameters=[_PROJECT], request=None, responses=CardSerializer(many=True))
    @action(detail=False, methods=["post"])
    def reset(self, request: Request, project: str) -> Response:
        """Back to the built-in rules."""
        rules.reset(self.of_project())
        return self._cards()

    @extend_schema(parameters=[_PROJECT], request=RuleSerializer(many=True), responses=CardSerializer(many=True))
    @action(detail=False, methods=["put"])
    def all(self, request: Request, project: str) -> Response:
        """These rules in the place of all that are there."""
        home = self.of_project()
        asked = RuleSerializer(data=request.data, many=True)
        asked.is_valid(raise_exception=True)
        rules.take(home, json.dumps(asked.validated_data))
        return self._cards()

    def _asked(self, request: Request) -> Rule:
        asked = RuleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return asked.rule()

    def _rule(self, pk: str) -> tuple[Project, Rule]:
        home = self.of_project()
        found = rules.rules_of(home)
        if int(pk) >= len(found):
            raise NotFound
        return home, found[int(pk)]

    def _cards(self, *, status: int = 200) -> Response:
        found = generate.cards(self.of_project())
        places = {card.rule.target: place for place, card in enumerate(found)}
        return Response(CardSerializer(found, many=True, context={"places": places}).data, status=status)


ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    (f"{IN_PROJECT}/checks", CheckViewSet, "check"),
    (f"{IN_PROJECT}/rules", RuleViewSet, "rule"),
]
