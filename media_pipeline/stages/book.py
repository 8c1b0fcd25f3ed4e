"""book: everything seen in a book's files becomes a document for each song and part, and a side file with doubts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from media_pipeline.artifacts import Book, BookPlan, Part, PlannedPage, Seen, Sheet, Sheets
from media_pipeline.context import Context, StageError
from media_pipeline.graph import stage

if TYPE_CHECKING:
    from media_pipeline.omr.instruments import Instrument
    from media_pipeline.omr.lattice import Lattice
    from media_pipeline.omr.model import Line, Page
    from media_pipeline.omr.model import Seen as SeenToken
    from media_pipeline.omr.musicxml import Syllable, Text
    from media_pipeline.omr.songs import Song
    from media_pipeline.omr.theory import Where
    from media_pipeline.omr.theory.marks import Figure
    from media_pipeline.omr.unnamed import Unnamed
    from media_pipeline.omr.words import Word


@stage(weight=1, version=2, label="Putting the book together")
def book(ctx: Context, sheets: tuple[Sheets, ...], seen: tuple[Seen, ...]) -> Book:
    """A book without a page of music is a StageError: there is nothing to read in it."""
    return put_together(ctx, sheets, seen)


def put_together(ctx: Context, sheets: Sequence[Sheets], seen: Sequence[Seen], *, plan: BookPlan | None = None) -> Book:
    """Pages of one book become its songs. plan: which pages, in which order, whose they are and where songs begin.

    1. lines in reading order, those of one part after each other
    2. music theory reads them again, with the numbers printed beside and over them
    3. where songs begin, whose part this is
    4. a document for each song and part; the side file
    """
    from media_pipeline.omr import report
    from media_pipeline.omr.instruments import read_instrument
    from media_pipeline.omr.planned import planned_songs
    from media_pipeline.omr.songs import Spot, find_songs, whose
    from media_pipeline.omr.theory import Layout, second_reading
    from media_pipeline.omr.wordfile import load

    order = plan.pages if plan is not None else _as_they_come(sheets)
    every = [sheets[one.file].sheets[one.sheet] for one in order]
    pages = [replace(sheet.page, file=one.file) for one, sheet in zip(order, every, strict=True)]
    by_file = [load(file.words) for file in seen]
    words: list[tuple[Word, ...]] = [by_file[one.file][one.sheet] for one in order]
    if not any(page.kind == "music" for page in pages):
        raise _no_music(pages)
    lattices, where = _lines(seen, pages, order)
    pages = list(_as_read(ctx, pages, lattices, where, names=[file.name for file in sheets]))
    ctx.progress(0.1)
    numbers = {
        index: number
        for index, place in enumerate(where)
        if (number := _bar_number(words[place.page], place.staff)) is not None
    }
    figures = {index: tuple(_figures(pages, words, place)) for index, place in enumerate(where)}
    said = read_instrument(plan.name) if plan is not None and plan.named else None
    called = plan.name if plan is not None and plan.named and said is None else ""
    whole = said or whose(pages, words, file_names=[file.name for file in sheets])
    clefs = whole.kind.clefs if whole.sure and not any(place.part for place in where) else ()
    reading = second_reading(lattices, Layout(where, numbers, figures, clefs), check=ctx.check)
    ctx.progress(0.7)
    for kind in sorted({repair.kind for repair in reading.repairs}):
        ctx.log(f"{sum(repair.kind == kind for repair in reading.repairs)} repairs: {kind}")
    saw = {(place.page, place.staff): lattice for lattice, place in zip(lattices, where, strict=True)}
    songs = find_songs(pages, words, reading.lines, file_names=[file.name for file in sheets])
    if plan is not None:
        songs = planned_songs(
            songs, pages, [_size(sheet.picture)[1] for sheet in every], [one.songs for one in order], whole
        )
    if said is not None:
        songs = [replace(song, instrument=said) for song in songs]
    parts: list[Part] = []
    told: list[dict[str, Any]] = []
    for number, song in enumerate(songs):
        mine = [
            (line, place)
            for line, place in zip(reading.lines, where, strict=True)
            if line.bars and song.holds(Spot(line.page, line.system))
        ]
        for which in _instruments(mine, pages):
            made, lines = _written(ctx.folder, number, song, which, pages, words, saw, called=called)
            parts.append(made)
            told.append({
                "song": number, "title": made.title, "instrument": made.instrument, "document": made.musicxml.name,
                "lines": lines,
            })  # fmt: skip
            _tell_holes(ctx, told[-1], {(where[at].page, where[at].staff): said for at, said in numbers.items()})
        ctx.progress(0.7 + 0.25 * (number + 1) / len(songs))
    by_page: dict[int, list[Line]] = {}
    for line in reading.lines:
        by_page.setdefault(line.page, []).append(line)
    side = {
        "version": report.VERSION,
        "engine": seen[0].engine,
        "pages": [
            report.of_page(
                page,
                _size(sheet.picture),
                [(w.text, w.role, w.box, w.confidence) for w in of_page],
                [(u.box, u.picture) for u in _unnamed(ctx, sheet, by_page.get(number, []), of_page)],
            )
            for number, (page, sheet, of_page) in enumerate(zip(pages, every, words, strict=True))
        ],
        "songs": [report.of_song(song) for song in songs],
        "parts": told,
        "repairs": [report.of_repair(repair, where[repair.line].part) for repair in reading.repairs],
    }
    path = ctx.folder / "book.json"
    path.write_text(json.dumps(side, ensure_ascii=False))
    return Book(tuple(parts), path, len(pages))


def _tell_holes(ctx: Context, part: Mapping[str, Any], numbers: Mapping[tuple[int, int], int]) -> None:
    """numbers: (page, staff) -> the bar number that is printed before its line."""
    from media_pipeline.omr.missing import Numbered, holes

    known = [
        Numbered(line["page"], numbers[line["page"], line["staff"]], line["bars"][0]["measure"])
        for line in part["lines"]
        if (line["page"], line["staff"]) in numbers and line["bars"]
    ]
    for hole in holes(known):
        ctx.warn(
            f"{part['instrument']}, “{part['title']}”: after page {hole.page + 1} the bar numbers jump by {hole.bars}. "
            "Is a page missing?"
        )


def _as_they_come(sheets: Sequence[Sheets]) -> tuple[PlannedPage, ...]:
    return tuple(PlannedPage(file, sheet) for file, one in enumerate(sheets) for sheet in range(len(one.sheets)))


def _no_music(pages: Sequence[Page]) -> StageError:
    """What is wrong with the first page that says so; one file that cannot be opened is a page too."""
    said = next((page for page in pages if page.problem), None)
    problem = said.problem if said else "There is no printed music in these pages."
    return StageError(problem, hint=(said.hint if said else "") or "Bring a scan or PDF of printed notes.")


def _lines(
    seen: Sequence[Seen], pages: Sequence[Page], order: Sequence[PlannedPage]
) -> tuple[list[Lattice], list[Where]]:
    """Every staff's lattice and where it stands; staves on the same place of their systems are one part."""
    from media_pipeline.omr.lattice import Lattice
    from media_pipeline.omr.theory import Where

    lattices: list[Lattice] = []
    where: list[Where] = []
    for page, one in enumerate(order):
        saw = seen[one.file]
        vocabulary = tuple(saw.vocabulary)
        for staff in saw.staves:
            if staff.sheet != one.sheet:
                continue
            system = next((i for i, one in enumerate(pages[page].systems) if staff.staff in one.staves), None)
            if system is None:
                continue
            rows = slice(staff.first, staff.first + staff.rows)
            lattices.append(Lattice(vocabulary, staff.frames, saw.at[rows], saw.ids[rows], saw.logs[rows]))
            where.append(Where(page, system, staff.staff, pages[page].systems[system].staves.index(staff.staff)))
    return lattices, where


def _as_read(
    ctx: Context, pages: Sequence[Page], lattices: Sequence[Lattice], where: Sequence[Where], *, names: Sequence[str]
) -> Iterator[Page]:
    """Each page with a word on how it read, and a warning where that is new."""
    from media_pipeline.omr.kinds import as_read

    tokens: list[list[SeenToken]] = [[] for _ in pages]
    for lattice, place in zip(lattices, where, strict=True):
        tokens[place.page] += lattice.greedy()
    for page, of_page in zip(pages, tokens, strict=True):
        read = as_read(page, of_page)
        if read is not page:
            ctx.warn(f"“{names[page.file]}”, page {page.sheet + 1}: {read.problem} {read.hint}".strip())
        yield read


def _bar_number(words: Sequence[Word], staff: int) -> int | None:
    return next((w.number for w in words if w.role == "bar number" and w.staff == staff and w.above), None)


def _figures(pages: Sequence[Page], words: Sequence[Sequence[Word]], where: Where) -> Iterator[Figure]:
    """Counts of rests that were read as words, at their place on the staff."""
    from media_pipeline.nets.staff_reader import STRIDE
    from media_pipeline.omr.crop import place
    from media_pipeline.omr.theory.marks import Figure

    at = place(pages[where.page].staves[where.staff])
    for word in words[where.page]:
        if word.role == "rest count" and word.staff == where.staff and word.number is not None:
            yield Figure(((word.box.x0 + word.box.x1) / 2 - at.x) / at.scale / STRIDE, word.number)


Placed = tuple["Line", "Where"]


def _instruments(lines: Sequence[Placed], pages: Sequence[Page]) -> Iterator[list[list[Placed]]]:
    """The systems of each instrument: staves under one brace belong to one, every other staff is one by itself.

    Under a brace are the two lowest staves: those over them sing or play to it.
    """
    systems: dict[tuple[int, int], list[Placed]] = {}
    for line, place in lines:
        systems.setdefault((line.page, line.system), []).append((line, place))
    braced = [staves for key, staves in systems.items() if pages[key[0]].systems[key[1]].brace]
    if len(braced) > len(systems) / 2:
        most = max(map(len, braced))
        over = [(staves[:-2] if len(staves) > 1 or most == 2 else staves) for staves in systems.values()]
        for part in range(most - 2):
            if mine := [[staves[part]] for staves in over if len(staves) > part]:
                yield mine
        yield [staves[-2:] for staves in systems.values() if len(staves) > 1 or most == 2]
        return
    for part in sorted({place.part for _, place in lines}):
        mine = [[(line, place)] for line, place in lines if place.part == part]
        if mine:
            yield mine


def _written(
    folder: Path,
    number: int,
    song: Song,
    systems: Sequence[Sequence[Placed]],
    pages: Sequence[Page],
    words: Sequence[Sequence[Word]],
    saw: Mapping[tuple[int, int], Lattice],
    *,
    called: str = "",
) -> tuple[Part, list[dict[str, Any]]]:
    """One part of one song as a document, and its lines for the side file.

    saw: (page, staff) -> what is seen there. called: what its owner calls the player.
    """
    from media_pipeline.omr import report
    from media_pipeline.omr.alternatives import alternatives_of
    from media_pipeline.omr.glances import glances_of
    from media_pipeline.omr.measures import lay_out, places
    from media_pipeline.omr.model import DOUBTFUL
    from media_pipeline.omr.musicxml import PartToWrite, write

    lines = tuple(tuple(line for line, _ in staves) for staves in systems)
    part = systems[0][0][1].part
    instrument = _named(song, pages, words, systems)
    transposition = instrument.transposition(lines[0][0].clef)
    name = called or instrument.name
    name = name if part == 0 or (instrument is not song.instrument and not called) else f"{name} ({part + 1})"
    document = write(
        PartToWrite(
            lines,
            title=song.title,
            composer=song.composer,
            lyricist=song.lyricist,
            arranger=song.arranger,
            instrument=name,
            short=instrument.kind.short.split(",")[0].strip(),
            transpose=(transposition.diatonic, transposition.chromatic, transposition.octaves),
            program=instrument.kind.program,
            texts=tuple(_texts(lines, pages, words)),
            syllables=tuple(_sung(lines, pages, words)),
        )
    )
    path = folder / f"part-{number:03}-{part:02}.musicxml"
    path.write_bytes(document)
    measures = lay_out(lines)
    first = places(measures)
    flat = [line for staves in lines for line in staves]
    seen = [saw[line.page, line.staff] for line in flat]
    others = alternatives_of(flat, seen) if len(flat) == len(lines) else [{} for _ in flat]
    told = [
        report.of_line(
            line,
            pages[line.page],
            [first.get((i, b), 0) for b in range(len(line.bars))],
            glances_of(line, lattice),
            alternatives,
        )
        for i, (line, lattice, alternatives) in enumerate(zip(flat, seen, others, strict=True))
    ]
    bars = [bar for line in flat for bar in line.bars]
    doubtful = sum(bar.doubt >= DOUBTFUL for bar in bars)
    return Part(path, number, song.title, name, len(measures), doubtful), told


def _named(
    song: Song, pages: Sequence[Page], words: Sequence[Sequence[Word]], systems: Sequence[Sequence[Placed]]
) -> Instrument:
    """Whose music these staves are: in a score by the name before the first ones, else by what they look like."""
    from media_pipeline.omr.instruments import of_kind, unnamed

    first, lines = [line for line, _ in systems[0]], [line for staves in systems for line, _ in staves]
    page, system = first[0].page, pages[first[0].page].systems[first[0].system]
    mine = {line.staff for line in first}
    named = {word.staff: word.instrument for word in words[page] if word.instrument and word.staff in system.staves}
    if len(system.staves) > 1 and named.keys() & mine:
        return next(instrument for staff, instrument in named.items() if staff in mine)
    if system.brace and len(first) == 2 < len(system.staves) and song.instrument.kind.family != "keyboard":
        return of_kind("piano")
    if song.instrument.kind.family != "none" and not (len(system.staves) > 1 and named):
        return song.instrument
    if system.brace and len(first) == 2:
        return of_kind("piano")
    if any(
        word.role == "lyrics" and word.syllables and word.staff == line.staff
        for line in lines
        for word in words[line.page]
    ):
        return of_kind("voice")
    return unnamed(lines[0].clef)


ROLES: dict[str, Literal["tempo", "expression", "dynamic", "rehearsal", "jump"]] = {
    "tempo": "tempo",
    "expression": "expression",
    "technique": "expression",
    "dynamic": "dynamic",
    "jump": "jump",
    "rehearsal": "rehearsal",
}


def _texts(systems: Sequence[Sequence[Line]], pages: Sequence[Page], words: Sequence[Sequence[Word]]) -> Iterator[Text]:
    """Words over and under the staves, each at its bar and event; lines counted as `PartToWrite` has them."""
    from media_pipeline.omr.musicxml import Text
    from media_pipeline.omr.standing import home, numbered, spot

    flat = [line for staves in systems for line in staves]
    for index, line in enumerate(flat):
        if not line.bars:
            continue
        staff = pages[line.page].staves[line.staff]
        beside = [(other, pages[other.page].staves[other.staff]) for other in flat if other.page == line.page]
        for bar, word in numbered(line, staff, words[line.page]):
            yield Text(index, bar, word.text, "rehearsal")
        for word in words[line.page]:
            guessed = word.role == "dynamic" and word.confidence < 1  # those on a scan are the network's
            if word.role in ROLES and not guessed and home(word, beside) is line:
                bar, onset = spot(word, line, staff)
                term = word.term
                yield Text(
                    index, bar, word.text, ROLES[word.role], onset, term.quarters_per_minute if term else None,
                    jump=term.jump if term else "",
                )  # fmt: skip


def _sung(
    systems: Sequence[Sequence[Line]], pages: Sequence[Page], words: Sequence[Sequence[Word]]
) -> Iterator[Syllable]:
    """The syllables under the staves, each at its note; lines counted as `PartToWrite` has them."""
    from media_pipeline.omr.singing import sing

    flat = [line for staves in systems for line in staves]
    verses = [
        (index, word.number or 1, word.syllables)
        for index, line in enumerate(flat)
        for word in words[line.page]
        if word.role == "lyrics" and word.syllables and word.staff == line.staff
    ]
    yield from sing(verses, [(line, pages[line.page].staves[line.staff]) for line in flat])


def _unnamed(ctx: Context, sheet: Sheet, lines: Sequence[Line], words: Sequence[Word]) -> list[Unnamed]:
    """What is left of a page when everything that was read is taken away."""
    from media_pipeline.omr.pictures import load
    from media_pipeline.omr.unnamed import find_unnamed

    ctx.check()
    if not lines:
        return []
    return find_unnamed(load(sheet), lines, [word.box for word in words])


def _size(picture: Path) -> tuple[int, int]:
    """Width and height of a picture, from its head alone."""
    from PIL import Image

    with Image.open(picture) as image:
        return image.size
