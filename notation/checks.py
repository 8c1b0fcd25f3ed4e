"""The band proof-reads itself: what the parts of each song disagree about, kept with the song, repaired or left.

    table_of(project)          what a job holds together (media_pipeline.recipes.PROOF_READING)
    keep(project, told)        what the job found: repairs that are sure as revisions, the rest as findings
    standing(project)          the findings as pages show them
    repair, dismiss, look_again, undo

A song's findings are good for the parts they were found in: a digest of these says so. Where a part has changed since
they are stale: still shown, made anew by the next job, and a repair first sees whether its bars are as they were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery

from accounts.models import User
from notation import reading, services
from notation.models import Book, Dismissal, Revision, Score, Song, SongCheck
from notation.musicxml import NotationError, tree
from notation.musicxml.read import read
from notation.score.check import CONFIDENT, apply
from notation.score.check.repairs import MOVING
from notation.score.proof import VERSION, PartHeld, SongHeld, repair_of, still_so
from notation.score.proposal import proposal
from projects.models import Project

READ, READ_AGAIN = "Read from its pages", "Read again from its pages"  # reasons of revisions that nobody has changed
BAND = "The band’s proof-reading"
TELLING = 0.3  # a finding as sure as this makes a part amber
KINDS = {
    "bars": "Number of bars", "metre": "Metre", "key": "Key", "road": "Repeats and jumps",
    "rehearsal": "Rehearsal mark", "tempo": "Tempo", "harmony": "Accidental", "doubling": "Unison",
    "length": "Length of a bar", "notes": "Hard to read",
}  # fmt: skip


# --- for the job ----------------------------------------------------------------------------------------------------


def table_of(project: Project) -> list[SongHeld]:
    """Every song of a project with the newest documents of the books that were read; those derived have no say."""
    scores = (
        Score.objects.filter(project=project, song__isnull=False, book__isnull=False, book__rule={})
        .select_related("song", "book")
        .order_by("song__order", "song__pk", "book__order", "book__pk")
    )
    digests = _digests(project)
    songs: dict[int, SongHeld] = {}
    for score in scores:
        assert score.song is not None
        assert score.book is not None
        latest = score.latest
        if latest is None:
            continue
        first = score.revisions.filter(reason__in=(READ, READ_AGAIN)).order_by("-number").first()
        first = first or score.revisions.exclude(reading={}).order_by("number").first()  # one that was cut off another
        known = score.last_read
        document = latest.musicxml()
        as_read = None if first is None else document if first.pk == latest.pk else first.musicxml()
        held = PartHeld(
            str(score.book.pk), score.book.instrument, document, as_read, known.reading if known is not None else None
        )
        song = songs.setdefault(
            score.song.pk, SongHeld(score.song.pk, score.song.title, digests[score.song.pk], (), ())
        )
        fresh = (*song.fresh, held.id) if latest.reason in (READ, READ_AGAIN) else song.fresh
        songs[song.song] = replace(song, parts=(*song.parts, held), fresh=fresh)
    return list(songs.values())


@transaction.atomic
def keep(project: Project, told: Sequence[Mapping[str, Any]], *, author: User | None) -> list[str]:
    """What a job found; sentences about what was mended.

    told: [{"song", "digest", "mended": [{"id", "document", "reading", "sentences", "bars"}], "found": […]}]. A song
    whose parts have changed since is left: it is held together again when somebody looks.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    digests = _digests(project)
    said: list[str] = []
    for one in told:
        if digests.get(one["song"]) != one["digest"]:
            continue
        for part in one["mended"]:
            score = Score.objects.get(song=one["song"], book=int(part["id"]))
            document = part["document"].encode()
            _revise(score, document, part["reading"], part["sentences"], bars=part["bars"], author=author)
            count = len(part["sentences"])
            said.append(f"{score.title}: {count} {'repair' if count == 1 else 'repairs'}")
        now = _digests(project, song=one["song"])[one["song"]] if one["mended"] else one["digest"]
        SongCheck.objects.update_or_create(song_id=one["song"], defaults={"digest": now, "found": one["found"]})
    return said


def stale(project: Project) -> bool:
    """Whether any song's parts have changed since they were held together."""
    kept = dict(SongCheck.objects.filter(song__project=project).values_list("song", "digest"))
    return any(kept.get(song) != digest for song, digest in _digests(project).items())


def _digests(project: Project, *, song: int | None = None) -> dict[int, str]:
    newest = Revision.objects.filter(score=OuterRef("pk")).order_by("-number")
    cells = Score.objects.filter(project=project, song__isnull=False, book__isnull=False, book__rule={})
    if song is not None:
        cells = cells.filter(song=song)
    rows = cells.annotate(sha=Subquery(newest.values("sha256")[:1])).exclude(sha=None)
    parts: dict[int, list[list[Any]]] = {}
    for number, book, name, sha in rows.order_by("book").values_list("song", "book", "book__instrument", "sha"):
        parts.setdefault(int(number or 0), []).append([book, name, sha])
    return {
        number: hashlib.sha256(json.dumps([VERSION, found]).encode()).hexdigest() for number, found in parts.items()
    }


# --- for pages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One disagreement as a page shows it."""

    song: Song
    score: Score  # of the part that is thought to be wrong
    told: Mapping[str, Any]
    dismissed: bool
    revision: int = 0  # number of its newest

    @property
    def first(self) -> int:
        """The first bar to be shown, from 0."""
        return max(0, self.measure - 1)

    @property
    def count(self) -> int:
        """How many bars are worth showing."""
        return min(max(self.told["bars"], default=0) - self.first + 2, 5)

    @property
    def key(self) -> str:
        return str(self.told["key"])

    @property
    def book(self) -> Book:
        assert self.score.book is not None
        return self.score.book

    @property
    def sentence(self) -> str:
        return str(self.told["sentence"])

    @property
    def kind(self) -> str:
        return str(self.told["kind"])

    @property
    def label(self) -> str:
        return KINDS.get(self.kind, self.kind)

    @property
    def confidence(self) -> float:
        return float(self.told["confidence"])

    @property
    def percent(self) -> int:
        return round(100 * self.confidence)

    @property
    def sure(self) -> bool:
        return self.repairable and self.confidence >= CONFIDENT

    @property
    def telling(self) -> bool:
        return self.confidence >= TELLING

    @property
    def repairable(self) -> bool:
        return bool(self.told.get("repair"))

    @property
    def slips(self) -> bool:
        return self.kind == "bars"

    @property
    def bars(self) -> list[int]:
        """As people count."""
        return [int(bar) + 1 for bar in self.told["bars"]]

    @property
    def measure(self) -> int:
        """Index of its first bar in the document."""
        return int(self.told["bars"][0]) if self.told["bars"] else 0

    @property
    def proposal(self) -> str:
        """What the repair would do, in words."""
        return proposal(self.told["repair"], others=str(self.told["others"])) if self.repairable else ""


@dataclass(frozen=True)
class Standing:
    """A song's findings. `checked` is False where its parts were never held together, `fresh` where not since."""

    song: Song
    checked: bool
    fresh: bool
    open: tuple[Finding, ...]  # the worst first
    dismissed: tuple[Finding, ...]

    @property
    def sure(self) -> list[Finding]:
        return [one for one in self.open if one.sure]

    @property
    def telling(self) -> list[Finding]:
        return [one for one in self.open if one.telling]

    @property
    def faint(self) -> list[Finding]:
        return [one for one in self.open if not one.telling]


def standing(project: Project, *, song: Song | None = None) -> list[Standing]:
    """Song by song, in their order; five queries, however many there are."""
    songs = Song.objects.filter(project=project, **({"pk": song.pk} if song else {}))
    kept = {check.song_id: check for check in SongCheck.objects.filter(song__in=songs)}
    dismissed = set(Dismissal.objects.filter(song__in=songs).values_list("song", "key"))
    digests = _digests(project, song=song.pk if song else None)
    scores = Score.objects.filter(song__in=songs, book__isnull=False).select_related("book", "song", "project")
    scores = scores.annotate(newest=Max("revisions__number"))
    by_book = {(score.song_id, str(score.book_id)): score for score in scores}
    found = []
    for one in songs:
        check = kept.get(one.pk)
        if one.pk not in digests:
            continue
        findings = [
            Finding(
                one, by_book[one.pk, told["part"]], told, (one.pk, told["key"]) in dismissed,
                by_book[one.pk, told["part"]].newest or 0,
            )
            for told in (check.found if check is not None else ())
            if (one.pk, told["part"]) in by_book
        ]  # fmt: skip
        found.append(
            Standing(
                one, check is not None, check is not None and check.digest == digests[one.pk],
                tuple(f for f in findings if not f.dismissed), tuple(f for f in findings if f.dismissed),
            )
        )  # fmt: skip
    return found


def of_part(score: Score) -> list[Finding]:
    """The open findings about one part, in the order of its bars."""
    if score.song is None:
        return []
    check = SongCheck.objects.filter(song=score.song).first()
    mine = [told for told in (check.found if check is not None else ()) if told["part"] == str(score.book_id)]
    if not mine:
        return []
    dismissed = set(Dismissal.objects.filter(song=score.song).values_list("key", flat=True))
    newest = score.revisions.aggregate(newest=Max("number"))["newest"] or 0
    found = [Finding(score.song, score, told, False, newest) for told in mine if told["key"] not in dismissed]
    return sorted((one for one in found if one.telling), key=lambda one: one.measure)


def open_counts(project: Project, *, song: Song | None = None) -> dict[tuple[int, int], int]:
    """(song, book) -> how many findings about that part are open and worth a look; of one song where it is named."""
    checked = SongCheck.objects.filter(song__project=project)
    rows = (checked if song is None else checked.filter(song=song)).values_list("song", "found")
    if not rows:
        return {}
    dismissed = set(Dismissal.objects.filter(song__project=project).values_list("song", "key"))
    counts: dict[tuple[int, int], int] = {}
    for number, found in rows:
        for told in found:
            if told["confidence"] >= TELLING and (number, told["key"]) not in dismissed:
                place = (number, int(told["part"]))
                counts[place] = counts.get(place, 0) + 1
    return counts


# --- what people do -------------------------------------------------------------------------------------------------


@transaction.atomic
def repair(song: Song, *, keys: Collection[str], author: User | None) -> int:
    """Carry out the repairs of these findings, for each part as one revision; how many were made.

    NotationError where none of them can be: the bars are not any more what they were.
    """
    Project.objects.select_for_update().get(pk=song.project_id)
    check = SongCheck.objects.filter(song=song).first()
    wanted = [told for told in (check.found if check else ()) if told["key"] in keys and told.get("repair")]
    made: set[str] = set()
    for book in dict.fromkeys(told["part"] for told in wanted):
        score = Score.objects.filter(song=song, book=int(book)).first()
        latest = score.latest if score is not None else None
        if score is None or latest is None:
            continue
        root = read(latest.musicxml())
        before = root.findall("part/measure")
        mine = [told for told in wanted if told["part"] == book and still_so(root, told)]
        # Those that put bars in or take them out come last, the later bars first: none moves another's.
        mine.sort(key=lambda told: (told["repair"]["kind"] in MOVING, -told["repair"]["bar"]))
        done = [told for told in mine if (one := repair_of(told)) is not None and apply(root, one)]
        if not done:
            continue
        now = {bar: index for index, bar in enumerate(root.findall("part/measure"))}
        moved = {index: now.get(bar) for index, bar in enumerate(before)}
        known = score.last_read
        told_again = reading.moved(known.reading, moved) if known is not None else {}
        bars = sorted({place for told in done for bar in told["bars"] if (place := moved.get(bar)) is not None})
        _revise(
            score,
            tree.to_bytes(root),
            told_again,
            [told["sentence"] for told in done],
            bars=bars,
            author=author,
            expected=latest.number,
        )
        made |= {told["key"] for told in done}
        if check is not None:
            check.found = [row for told in check.found if (row := _moved(told, book, moved)) is not None]
    if check is not None:
        check.found = [told for told in check.found if told["key"] not in made]
        check.digest = ""  # not what these parts would say, even if the repair is taken back at once
        check.save(update_fields=["found", "digest"])
    if not made:
        raise NotationError(
            "These bars have changed since the parts were held together.",
            hint="They are held together again; look what is left.",
            permanent=False,
        )
    return len(made)


def _moved(told: dict[str, Any], book: str, moved: Mapping[int, int | None]) -> dict[str, Any] | None:
    """A finding whose part has other bars now; None where its bars are gone."""
    if told["part"] != book:
        return told
    bars = [moved.get(bar) for bar in told["bars"]]
    repair = told.get("repair")
    if repair and repair["bar"] in moved:
        place = moved[repair["bar"]]
        repair = {**repair, "bar": place} if place is not None else None
    return None if None in bars or (told.get("repair") and not repair) else {**told, "bars": bars, "repair": repair}


def sure_ones(project: Project) -> list[tuple[Song, list[str]]]:
    return [(row.song, [one.key for one in row.sure]) for row in standing(project) if row.sure]


def dismiss(song: Song, *, key: str, author: User | None) -> None:
    """It is right so. NotationError where there is no such finding."""
    check = SongCheck.objects.filter(song=song).first()
    told = next((told for told in (check.found if check else ()) if told["key"] == key), None)
    if told is None:
        raise NotationError("This is not among the disagreements any more.", hint="Look at what is left.")
    Dismissal.objects.get_or_create(song=song, key=key, defaults={"sentence": told["sentence"][:300], "author": author})


def look_again(song: Song, *, key: str) -> None:
    """It may be wrong after all."""
    Dismissal.objects.filter(song=song, key=key).delete()


def repairs_made(project: Project) -> list[Revision]:
    """The revisions that the band's proof-reading made, newest first; `undoable`: nothing was changed since."""
    made = Revision.objects.filter(
        score__project=project, score__removed=False, reason__startswith=BAND
    ).select_related("score__song", "score__book", "author")
    last = Revision.objects.filter(score=OuterRef("score")).order_by("-number").values("pk")[:1]
    found: list[Revision] = list(
        made.defer("reading", "sync").annotate(last=Subquery(last)).order_by("-created_at", "-pk")[:200]
    )
    for one in found:
        one.undoable = one.last == one.pk and one.number > 1  # type: ignore[attr-defined]
    return found


@transaction.atomic
def undo(revision: Revision, *, author: User | None) -> Revision:
    """Back to what was before a repair. NotationError where somebody has changed the part since."""
    score = revision.score
    Project.objects.select_for_update().get(pk=score.project_id)
    latest, before = score.latest, score.revisions.filter(number__lt=revision.number).order_by("-number").first()
    if latest is None or latest.pk != revision.pk or before is None:
        raise NotationError(
            f"{score.title} has been changed since.", hint="Its history has every state: choose one there."
        )
    return services.restore_revision(before, author=author)


def _revise(
    score: Score,
    document: bytes,
    told: Mapping[str, Any],
    sentences: Sequence[str],
    *,
    bars: Sequence[int],
    author: User | None,
    expected: int | None = None,
) -> Revision:
    from notation.facts import facts

    words = sentences[0] if len(sentences) == 1 else f"{len(sentences)} repairs"
    doubtful = {bar["measure"] for bar in told.get("bars", ()) if bar["doubtful"]}
    return services.add_revision(
        score,
        document=document,
        reason=f"{BAND}: {words}",
        author=author,
        options={"band": {"sentences": list(sentences), "bars": list(bars)}},
        summary={**facts(read(document)), "doubtful": len(doubtful)},
        reading=told,
        expected=expected,
    )
