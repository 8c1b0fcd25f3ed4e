"""Derived books: what the rules of a project would make, making it, and where every bar of it came from.

cards(project)                    a card for each rule: what it would make, from what, and how what it made stands
table_of(project, wanted)         what a job derives from (media_pipeline.recipes.DERIVE)
keep(project, told, author)       what the job made becomes books and scores
origins_of(score)                 of every bar of a derived part where it came from
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import transaction
from lxml import etree

from accounts.models import User
from notation import books, rules, services
from notation.again import as_made, derived_revision, made_again, to_look_at
from notation.cells import Held, cell_title, held
from notation.models import Book, Score, Song
from notation.musicxml import NotationError
from notation.musicxml.read import read
from notation.score.derive import Derived, Planned, Refused, Rule, derive, needed, plain, plan, present
from notation.score.derived import BarOrigin, octaves, origins_now, runs
from notation.score.proof import PartHeld, SongHeld
from projects.models import Project

DERIVED = "Derived"
PREVIEWED = 4  # bars
_PLAN_SECONDS = 3600


# --- what would be made ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Took:
    """A source that a rule takes, and in which songs."""

    words: str
    songs: tuple[str, ...]
    why: str  # why those before it do not serve; "" where it is the first
    derived: bool


@dataclass(frozen=True)
class Made:
    """How a derived book stands."""

    book: Book
    songs: int
    stale: bool  # its sources have changed since
    edited: tuple[str, ...]  # songs in which somebody changed it
    reasons: tuple[str, ...]
    folded: tuple[str, ...]  # what was moved by octaves, or is out of range: "March: bars 9–12 an octave lower"


@dataclass(frozen=True)
class Card:
    rule: Rule
    ticked: bool
    took: tuple[Took, ...]
    missing: tuple[tuple[tuple[str, ...], str], ...]  # (songs, why it cannot be made there)
    there: bool  # a book of this name was read
    made: Made | None

    @property
    def sources(self) -> list[str]:
        return [rules.source_words(source) for source in self.rule.sources]

    @property
    def lines(self) -> str:
        return rules.lines_of(self.rule)

    @property
    def range(self) -> str:
        low, high = self.rule.range
        return f"{rules.pitch_name(low)} to {rules.pitch_name(high)}"

    @property
    def how(self) -> str:
        """ "an octave lower, alto clef"."""
        words = []
        if self.rule.octaves is None:
            words.append("in the octave that suits it")
        elif self.rule.octaves:
            words.append(octaves(self.rule.octaves))
        if by := self.rule.semitones:
            words.append(f"{abs(by)} semitone{'' if abs(by) == 1 else 's'} {'higher' if by > 0 else 'lower'}")
        if self.rule.clef:
            words.append(f"{self.rule.clef} clef")
        if not self.rule.fold:
            words.append("notes out of range stay")
        return ", ".join(words)

    @property
    def key(self) -> str:
        """For ids in the page."""
        return hashlib.sha256(self.rule.target.encode()).hexdigest()[:10]

    @property
    def low(self) -> str:
        return rules.pitch_name(self.rule.low) if self.rule.low is not None else ""

    @property
    def high(self) -> str:
        return rules.pitch_name(self.rule.high) if self.rule.high is not None else ""


def cards(project: Project) -> list[Card]:
    """NotationError where its rules need each other in a circle with the books that are there."""
    chosen = rules.rules_of(project)
    ticked = set(rules.ticked_of(project))
    cells = held(project)
    planned = _planned(project, cells, chosen)
    real = [book.instrument for book in Book.objects.filter(project=project, rule={})]
    made = {one.book.instrument: one for one in _made(project, cells)}
    return [
        Card(
            rule, rule.target in ticked, *_summary([(song, found[index]) for song, found in planned]),
            present(rule.target, real), made.get(rule.target),
        )
        for index, rule in enumerate(chosen)
    ]  # fmt: skip


def _summary(
    planned: Sequence[tuple[str, Planned]],
) -> tuple[tuple[Took, ...], tuple[tuple[tuple[str, ...], str], ...]]:
    took: dict[tuple[str, str, bool], list[str]] = {}
    missing: dict[str, list[str]] = {}
    for song, one in planned:
        why = ", ".join(one.failed)
        if one.source:
            took.setdefault((one.words, why, one.derived), []).append(song)
        elif not one.there:
            others = ", ".join(one.instead[:-1]) + " or " * (len(one.instead) > 1) + "".join(one.instead[-1:])
            other = f"{others or 'No other part'} could serve."
            missing.setdefault(f"{why[:1].upper()}{why[1:]}. {other}", []).append(song)
    return tuple(Took(words, tuple(songs), why, itself) for (words, why, itself), songs in took.items()), tuple(
        (tuple(songs), why) for why, songs in missing.items()
    )


def _planned(project: Project, cells: Sequence[Held], chosen: Sequence[Rule]) -> list[tuple[str, list[Planned]]]:
    """(song, of each rule what it takes). Kept for a while: looking through every document takes a moment."""
    read_ones = [cell for cell in cells if not cell.book.derived]
    asked = [[cell.song.pk, cell.song.title, cell.book.instrument, cell.revision.sha256] for cell in read_ones]
    told = json.dumps([asked, [plain(rule) for rule in chosen]], sort_keys=True)
    key = f"derive-plan-{project.pk}-{hashlib.sha256(told.encode()).hexdigest()}"
    known: list[tuple[str, list[Planned]]] | None = cache.get(key)
    if known is None:
        songs: dict[int, list[Held]] = {}
        for cell in read_ones:
            songs.setdefault(cell.song.pk, []).append(cell)
        known = [
            (mine[0].song.title, plan({cell.book.instrument: read(cell.document()) for cell in mine}, chosen))
            for mine in songs.values()
        ]
        cache.set(key, known, _PLAN_SECONDS)
    return known


def _made(project: Project, cells: Sequence[Held]) -> list[Made]:
    shas = {(cell.song.pk, str(cell.book.pk)): cell.revision.sha256 for cell in cells}
    found: dict[int, list[Held]] = {}
    for cell in cells:
        if cell.book.derived:
            found.setdefault(cell.book.pk, []).append(cell)
    out = []
    for mine in found.values():
        stale, edited, reasons, folded = False, [], [], []
        for cell in mine:
            revision = cell.revision if as_made(cell.revision) else derived_revision(cell.score)
            if revision is None:
                continue
            told = revision.options["derived"]
            if revision.sha256 != cell.revision.sha256:
                edited.append(cell.song.title)
            stale |= any(shas.get((cell.song.pk, book)) != sha for book, sha in told["from"].items())
            reasons.append(told["reason"])
            folded += [f"{cell.song.title}: {words}" for words in moved_words(told)]
        out.append(Made(mine[0].book, len(mine), stale, tuple(edited), tuple(dict.fromkeys(reasons)), tuple(folded)))
    return out


def moved_words(told: Mapping[str, Any]) -> list[str]:
    """Bars whose phrases were moved by octaves to be in range, and those that are out of it."""
    found = []
    for first, last, one in runs(origins_now(told, etree.Element("none"))):
        bars = f"bar {first}" if first == last else f"bars {first}–{last}"
        words = [octaves(by) for by in one.folded if by]
        if one.how == "guessed":
            words.append("notes moved one by one, or filled in")
        if one.outside:
            words.append("out of range")
        if words:
            found.append(f"{bars} {', '.join(words)}")
    return found


@dataclass(frozen=True)
class Preview:
    """The beginning of what a rule makes of a song."""

    song: Song
    reason: str
    drawing: str  # SVG, safe
    first: int  # bar, from 1
    sounding: str  # its compass: "B♭2 to D5"
    folded: tuple[str, ...]


def preview(project: Project, rule: Rule, *, song: Song | None = None) -> Preview:
    """song None: the first of which the rule makes something. NotationError, saying why, where it makes nothing."""
    from notation.drawing import drawn_bars

    cells = held(project, song=song)
    songs: dict[int, list[Held]] = {}
    for cell in cells:
        if cell.book.instrument.casefold() != rule.target.casefold():
            songs.setdefault(cell.song.pk, []).append(cell)
    refused = "There is no song yet."
    others = [other for other in rules.rules_of(project) if other.target.casefold() != rule.target.casefold()]
    for mine in songs.values():
        parts = {cell.book.instrument: read(cell.document()) for cell in mine}
        made = derive(parts, needed([*others, rule], [rule.target], names=list(parts)))
        one = next(found for found in made if found.name == rule.target)
        if isinstance(one, Refused):
            refused = one.why
            continue
        first = _first_sounding(one.root)
        return Preview(
            mine[0].song, one.reason, drawn_bars(one.root, first, PREVIEWED), first + 1, _compass(one),
            tuple(moved_words({"origins": [[o.how, o.number, list(o.folded)] for o in one.origins],
                               "outside": one.outside})),
        )  # fmt: skip
    raise NotationError(refused)


def _first_sounding(root: etree._Element) -> int:
    for index, bar in enumerate(root.iterfind("part/measure")):
        if bar.find("note/pitch") is not None:
            return index
    return 0


def _compass(one: Derived) -> str:
    from notation.musicxml.walk import walk

    part = one.root.find("part")
    pitches = (
        [note.pitch for bar in walk(part) for note in bar.notes if note.pitch is not None] if part is not None else []
    )
    return f"{rules.pitch_name(min(pitches))} to {rules.pitch_name(max(pitches))}" if pitches else ""


# --- for the job ----------------------------------------------------------------------------------------------------


def table_of(project: Project) -> tuple[list[SongHeld], str]:
    """Every song with all its parts, and what is asked for as JSON (score/derived.py:told_of)."""
    chosen, wanted = rules.rules_of(project), rules.ticked_of(project)
    songs: dict[int, SongHeld] = {}
    for cell in held(project):
        part = PartHeld(str(cell.book.pk), cell.book.instrument, cell.document())
        before = songs.get(cell.song.pk, SongHeld(cell.song.pk, cell.song.title, "", (), ()))
        songs[cell.song.pk] = SongHeld(before.song, before.title, "", (*before.parts, part), ())
    real = list(Book.objects.filter(project=project, rule={}).values_list("instrument", flat=True))
    return list(songs.values()), json.dumps(
        {"rules": [plain(rule) for rule in chosen], "wanted": wanted, "books": real}
    )


@transaction.atomic
def keep(project: Project, found: Sequence[Mapping[str, Any]], *, author: User | None) -> list[str]:
    """Derived parts become books and scores; what was refused is told in sentences.

    found: [{"song", "derived": [{"target", "document", "options"}], "refused": [{"target", "why"}]}]. Where somebody
    changed a part, her changes stay in it (notation/again.py).
    """
    from notation.facts import facts

    Project.objects.select_for_update().get(pk=project.pk)
    said: dict[str, list[str]] = {}
    for one in found:
        song = Song.objects.filter(project=project, pk=one["song"]).first()
        if song is None:
            continue
        for refused in one["refused"]:
            said.setdefault(refused["why"], []).append(song.title)
        for part in one["derived"]:
            book = Book.objects.filter(project=project, instrument=part["target"]).first()
            if book is not None and not book.derived:
                continue  # it was read meanwhile
            document = part["document"].encode()
            options = {"derived": {**part["options"], "document": hashlib.sha256(document).hexdigest()}}
            if book is None:
                book = Book.objects.create(project=project, instrument=part["target"], rule=part["options"]["rule"])
            elif book.rule != part["options"]["rule"]:
                book.rule = part["options"]["rule"]
                book.save(update_fields=["rule"])
            guessed = sum(how == "guessed" for how, *_ in part["options"]["origins"])
            summary = {**facts(read(document)), "doubtful": guessed}
            reason = f"from {part['options']['reason']}"[:180]
            score = Score.objects.filter(song=song, book=book).first()
            if score is None:
                services.create_score(
                    project, title=cell_title(song, book), document=document, reason=f"{DERIVED} {reason}",
                    kind=books.KIND, author=author, options=options, summary=summary, reading=to_look_at(options),
                    song=song, book=book,
                )  # fmt: skip
                continue
            made_again(score, document=document, options=options, summary=summary, reason=reason, author=author)
    books.arrange(project)
    return [f"{', '.join(titles)}: {why}" for why, titles in said.items()]


@transaction.atomic
def remove(book: Book) -> None:
    """Take a derived book out of the table. NotationError for one that was read."""
    if not book.derived:
        raise NotationError(f"{book.instrument} was read from pages; only derived books are taken away here.")
    Score.objects.filter(book=book).update(removed=True)
    book.delete()


# --- where bars came from -------------------------------------------------------------------------------------------


def origins_of(score: Score) -> list[BarOrigin]:
    """Of every bar of its newest state; nothing where the part was not derived."""
    made = derived_revision(score)
    latest = score.latest
    if made is None or latest is None:
        return []
    told = made.options["derived"]
    if made.sha256 == latest.sha256:
        return origins_now(told, etree.Element("none"))
    return origins_now(told, read(made.musicxml()), read(latest.musicxml()))


def origins_told(score: Score) -> dict[str, Any]:
    """For the page of a part: its bars with where they came from, and what the rule says; nothing where it was read."""
    if score.book is None or not score.book.derived or (made := derived_revision(score)) is None:
        return {}
    reason = str(made.options["derived"]["reason"])
    if reason.startswith("The "):
        reason = f"the {reason[4:]}"
    return {"origins": origins_of(score), "derived": {"reason": reason}}
