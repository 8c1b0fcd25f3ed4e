"""Correcting a part by the API: edits by bar and note, undo, redo, accepting what is doubted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from notation import editing, elsewhere
from notation.access import cell_for
from notation.in_project import ID, OVERTAKEN, PROJECT
from notation.models import Score
from notation.score.edit import edit_from
from notation.score.edit.apply import EDITS, MOST_AT_ONCE


class Based(serializers.Serializer[Any]):
    base = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        help_text="The revision that the change is made from. Where it is not the newest any more: 409.",
    )


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "do": {"type": "string", "enum": sorted(EDITS)},
            "bar": {"type": "integer", "minimum": 0, "maximum": 1_000_000, "description": "From 0."},
            "note": {
                "type": "integer", "minimum": 0, "maximum": 1_000_000, "nullable": True,
                "description": "Index among the notes and rests of the bar, from 0; null: it is about the bar.",
            },
        },
        "required": ["do", "bar"],
        "additionalProperties": True,
    }
)  # fmt: skip
class EditField(serializers.DictField):
    """One edit. What is wrong with it is said by who carries it out, and answered with 422."""


class EditsAsked(Based):
    edits = serializers.ListField(
        child=EditField(),
        min_length=1,
        max_length=MOST_AT_ONCE,
        help_text="In order; all or none. Beside `do`, `bar` and `note` each says what its kind needs.",
    )


class AcceptAsked(Based):
    bars = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=1_000_000),
        allow_null=True,
        max_length=20_000,
        required=False,
        help_text="From 0; null: all that are doubted.",
    )


class DerivedAsked(Based):
    bar = serializers.IntegerField(min_value=0, max_value=1_000_000, help_text="From 0.")


class EverywhereAsked(Based):
    edit = EditField(help_text="An edit as it was made in this part, from revision `base`.")
    books = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, allow_null=True, help_text="null: all that fit."
    )
    apply = serializers.BooleanField(default=False, help_text="false: only say what it would do.")


class BarsMovedSerializer(serializers.Serializer[Any]):
    at = serializers.IntegerField(help_text="Before this bar, as bars are counted then, from 0.")
    gone = serializers.IntegerField(help_text="So many bars are taken out,")
    come = serializers.IntegerField(help_text="and so many put in.")


class DeskChangeSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(source="revision.number")
    said = serializers.ListField(child=serializers.CharField(), help_text="What was done, a sentence each.")
    bars = serializers.ListField(child=serializers.IntegerField(), help_text="Bars that are otherwise now, from 0.")
    moves = BarsMovedSerializer(many=True)


CHANGED: dict[Any, Any] = {200: DeskChangeSerializer, **OVERTAKEN}


class ThereSerializer(serializers.Serializer[Any]):
    book = serializers.IntegerField()
    instrument = serializers.CharField()
    cell = serializers.IntegerField()
    bar = serializers.IntegerField(allow_null=True, help_text="From 0, in that book.")
    does = serializers.BooleanField(help_text="Whether it changes something there.")
    said = serializers.CharField()


class CellEdits:
    """What can be done to the notes and bars of one book's part: a mixin for the cells."""

    @extend_schema(parameters=[PROJECT, ID], request=EditsAsked, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def edits(self, request: Request, project: str, pk: str) -> Response:
        """Change notes and bars; the result is a new revision."""

        def work(cell: Score, asked: dict[str, Any], who: User) -> editing.Made:
            edits = [edit_from(one) for one in asked["edits"]]
            return editing.edit(cell, edits=edits, base=asked["base"], author=who)

        return _change(request, project, pk, EditsAsked, work)

    @extend_schema(parameters=[PROJECT, ID], request=AcceptAsked, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, project: str, pk: str) -> Response:
        """These bars are right: the reader's doubts about them go."""

        def work(cell: Score, asked: dict[str, Any], who: User) -> editing.Made:
            return editing.accept(cell, bars=asked.get("bars"), base=asked["base"], author=who)

        return _change(request, project, pk, AcceptAsked, work)

    @extend_schema(parameters=[PROJECT, ID], request=DerivedAsked, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def derived(self, request: Request, project: str, pk: str) -> Response:
        """A bar that was changed by hand and in the source of a derived part: its notes as they are derived now."""

        def work(cell: Score, asked: dict[str, Any], who: User) -> editing.Made:
            return editing.derived(cell, bar=asked["bar"], base=asked["base"], author=who)

        return _change(request, project, pk, DerivedAsked, work)

    @extend_schema(parameters=[PROJECT, ID], request=Based, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, project: str, pk: str) -> Response:
        """Take back the last change that stands."""

        def work(cell: Score, asked: dict[str, Any], who: User) -> editing.Made:
            return editing.undo(cell, base=asked["base"], author=who)

        return _change(request, project, pk, Based, work)

    @extend_schema(parameters=[PROJECT, ID], request=Based, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def redo(self, request: Request, project: str, pk: str) -> Response:
        """Bring back what was taken back last."""

        def work(cell: Score, asked: dict[str, Any], who: User) -> editing.Made:
            return editing.redo(cell, base=asked["base"], author=who)

        return _change(request, project, pk, Based, work)

    @extend_schema(parameters=[PROJECT, ID], request=EverywhereAsked, responses=ThereSerializer(many=True))
    @action(detail=True, methods=["post"])
    def elsewhere(self, request: Request, project: str, pk: str) -> Response:
        """The same in all other books of the song: what it would do there, or with `apply` what it did."""
        cell = cell_for(request.user, int(project), int(pk))
        asked = _asked(EverywhereAsked, request)
        edit = edit_from(asked["edit"])
        if asked["apply"]:
            books, who = asked.get("books"), cast(User, request.user)
            rows = elsewhere.carry(cell, edit=edit, before=asked["base"], books=books, author=who)
        else:
            rows = elsewhere.plan(cell, edit=edit, before=asked["base"])
        return Response(ThereSerializer(elsewhere.told(rows), many=True).data)


Work = Callable[[Score, dict[str, Any], User], editing.Made]


def _change(request: Request, project: str, pk: str, kind: type[serializers.Serializer[Any]], work: Work) -> Response:
    """Whose part it is comes first: strangers do not learn what a change would need."""
    cell = cell_for(request.user, int(project), int(pk))
    return Response(DeskChangeSerializer(work(cell, _asked(kind, request), cast(User, request.user))).data)


def _asked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = kind(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
