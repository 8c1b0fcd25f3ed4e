"""The arrangement of a project's pages: asked for, changed step by step, undone. Safe with two windows.

Who changes it says which version she saw. Where another window was quicker nothing is changed and a Stale tells so.
Pages of new files join in between without making anybody's version stale: steps name pages, not places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from notation.models import Arrangement, ArrangementStep
from notation.musicxml import NotationError
from notation.score import arrangement as pure
from notation.score.arrangement import Arrangement as Arranged
from projects.models import Project, Source

MOST_STEPS = 300  # that can be undone


class Stale(NotationError):
    """Somebody else changed it meanwhile, or she did in another window."""

    status = 409  # of HTTP


@dataclass(frozen=True)
class Standing:
    """An arrangement as it stands."""

    arranged: Arranged
    version: int = 0
    grown: int = 0
    undo: str = ""  # what would be undone, in words
    redo: str = ""


def standing(project: Project) -> Standing:
    row = Arrangement.objects.filter(project=project).first()
    return _standing(row) if row is not None else Standing(Arranged())


def _standing(row: Arrangement) -> Standing:
    last = row.steps.filter(undone=False).order_by("-number").first()
    undone = row.steps.filter(undone=True).order_by("number").first()
    return Standing(_arranged(row), row.version, row.grown, last.text if last else "", undone.text if undone else "")


def _pages(given: Mapping[str, Any]) -> str:
    number = len(given["leaves"])
    return "1 page" if number == 1 else f"{number} pages"


# Verb -> (function, what is said when it is done). Arguments are those of the function.
VERBS: dict[str, tuple[Callable[..., Arranged], Callable[[Mapping[str, Any], Arranged], str]]] = {
    "move": (pure.move, lambda given, now: f"{_pages(given)} moved to {now.book(given['book']).name}"),
    "apart": (pure.apart, lambda given, now: f"{_pages(given)} put into a new book"),
    "split": (pure.split, lambda given, now: f"New book {now.book_of(given['leaf']).name}"),
    "turn": (pure.turn, lambda given, now: f"{_pages(given)} turned"),
    "leave_out": (
        pure.leave_out,
        lambda given, now: f"{_pages(given)} {'left out' if given.get('out', True) else 'taken in again'}",
    ),
    "begin": (pure.begin, lambda given, now: f"A song begins: {given.get('title') or 'without title'}"),
    "no_beginning": (pure.no_beginning, lambda given, now: "Song start removed"),
    "instead": (pure.instead, lambda given, now: "Page replaced"),
    "rename": (pure.rename, lambda given, now: f"Renamed to {now.book(given['book']).name}"),
    "merge": (pure.merge, lambda given, now: "Books merged"),
    "move_book": (pure.move_book, lambda given, now: f"{now.book(given['book']).name} moved"),
}


@transaction.atomic
def change(project: Project, *, user: User, version: int, verb: str, given: Mapping[str, Any]) -> tuple[Standing, str]:
    """Do a verb of VERBS; how it stands now, and what was done in words. Stale, NotationError."""
    row = _row(project, version)
    before = _arranged(row)
    if verb in ("undo", "redo"):
        return _step(row, before, back=verb == "undo")
    if verb not in VERBS:
        raise NotationError(f"Nothing is called “{verb[:40]}”.")
    run, say = VERBS[verb]
    try:
        after = run(before, **given)
        said = say(given, after)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise NotationError(f"This cannot be done: {verb} was asked for in a way that makes no sense.") from error
    return keep(row, before, after, user=user, text=said), said


def keep(row: Arrangement, before: Arranged, after: Arranged, *, user: User, text: str) -> Standing:
    """A step of a person's: kept at once, and how it can be undone."""
    if after == before:
        return _standing(row)
    back, forth = pure.difference(before, after)
    row.steps.filter(undone=True).delete()
    number = (row.steps.aggregate(most=Max("number"))["most"] or 0) + 1
    row.steps.filter(number__lte=number - MOST_STEPS).delete()
    ArrangementStep.objects.create(arrangement=row, number=number, text=text[:200], back=back, forth=forth, author=user)
    _save(row, after)
    return _standing(row)


@transaction.atomic
def regroup(project: Project, *, user: User, version: int, books: Any) -> Standing:
    """Other books of the same pages, all at once. Stale, NotationError."""
    row = _row(project, version)
    before = _arranged(row)
    return keep(row, before, pure.whole(before, books), user=user, text="Pages sorted")


@transaction.atomic
def grow(project: Project, grown: Callable[[Arranged], Arranged]) -> bool:
    """Pages of new files join. Whether any did."""
    Project.objects.select_for_update().get(pk=project.pk)
    row, _ = Arrangement.objects.get_or_create(project=project)
    before = _arranged(row)
    after = grown(before)
    if after == before:
        return False
    row.state = pure.to_json(after)
    row.grown += 1
    row.save(update_fields=["state", "grown", "changed_at"])
    return True


def _arranged(row: Arrangement) -> Arranged:
    """Its pages, without those of files that are gone."""
    files = set(Source.objects.filter(project=row.project_id).values_list("pk", flat=True))
    return pure.only(pure.from_json(row.state), files)


def _row(project: Project, version: int) -> Arrangement:
    Project.objects.select_for_update().get(pk=project.pk)
    row = Arrangement.objects.filter(project=project).first()
    if row is None:
        raise NotationError("There are no pages to sort yet.", hint="Bring PDFs or pictures first.")
    if row.version != version:
        raise Stale(
            "These pages were changed in another window meanwhile, so your last step was not made.",
            hint="Here they are as they stand now.",
        )
    return row


def _save(row: Arrangement, after: Arranged) -> None:
    row.state = pure.to_json(after)
    row.version += 1
    row.save(update_fields=["state", "version", "changed_at"])


def _step(row: Arrangement, before: Arranged, *, back: bool) -> tuple[Standing, str]:
    steps = row.steps.filter(undone=not back)
    step = steps.order_by("-number" if back else "number").first()
    if step is None:
        raise NotationError(f"There is nothing to {'undo' if back else 'do again'}.")
    one_way, other = (step.back, step.forth) if back else (step.forth, step.back)
    after = pure.applied(before, one_way, against=other)
    ArrangementStep.objects.filter(pk=step.pk).update(undone=back)
    _save(row, after)
    return _standing(row), f"{'Undone' if back else 'Done again'}: {step.text}"
