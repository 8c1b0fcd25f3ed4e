"""What a set holds, frozen at its start: songs, parts by their revisions, the list. Made of rows, kept as plain values.

{"title": …, "subtitle": …,
 "songs": [{"id", "title", "composer", "parts": [{"book", "name", "score", "revision", "number", "sha256"}]}],
 "books": [{"book", "name"}],                        in the order of a score
 "chairs": [{"book", "name", "player", "copies"}],   of the books that are printed
 "unread": [{"book", "name", "songs", "pages"}]}     of those that are printed as they were scanned

"id" and "book" are keys (notation/printing/keys.py). A part of an unread book has no score and no revision; "pages"
are as `Unread.pages` has them, "songs" the ids of the songs that begin on them, None for one that is not printed; what
was put together has one id.
"aside" is true of a song that no other book need mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notation.cells import held
from notation.models import Book, PrintChoice, PrintSet
from notation.musicxml import NotationError
from notation.printing.chairs import lines_of
from notation.printing.choices import Choices, choices_from, kept_choices
from notation.printing.keys import Key
from notation.printing.unread import ALL, Unread, songs_of, unread_books
from projects.models import Project

WHAT = ("books", "scores", "parts")


def last_choice(project: Project) -> Choices:
    kept = PrintChoice.objects.filter(project=project).values_list("chosen", flat=True).first()
    return kept_choices(kept or {})


def keep_choice(project: Project, chosen: Choices) -> None:
    PrintChoice.objects.update_or_create(project=project, defaults={"chosen": chosen.as_dict()})


def contents_of(project: Project, chosen: Choices) -> dict[str, Any]:
    """What would be printed now. Scores hold all parts of their songs, also of instruments that get no book."""
    scans = unread_books(project)
    lines = [line for line in songs_of(project, scans) if line.id not in chosen.without_songs]
    scans = [scan for scan in scans if scan.pk not in chosen.without_books]
    here = {scan.pk for scan in scans}
    songs: dict[Key, dict[str, Any]] = {
        line.id: {"id": line.id, "title": line.title, "composer": line.composer, "parts": []}
        | ({"aside": True} if line.id == ALL else {})
        for line in lines
        if not line.scanned or here & set(line.places)
    }
    for cell in held(project):
        if cell.song.pk in songs:
            songs[cell.song.pk]["parts"].append(
                {
                    "book": cell.book.pk,
                    "name": cell.book.instrument,
                    "score": cell.score.pk,
                    "revision": cell.revision.pk,
                    "number": cell.revision.number,
                    "sha256": cell.revision.sha256,
                }
            )
    unread = []
    for scan in scans:
        ids: list[Key | None] = [None] * max(1, len(scan.starts))
        for line in lines:
            if scan.pk in line.places:
                for place in line.places[scan.pk]:
                    ids[place] = line.id
                songs[line.id]["parts"].append(_scanned(scan, line.places[scan.pk]))
        unread.append({"book": scan.pk, "name": scan.instrument, "songs": ids, "pages": scan.pages()})
    read = [book for book in Book.objects.filter(project=project) if book.pk not in chosen.without_books]
    books: list[Book | Unread] = [*read, *scans]
    wanted: set[Key] = {book.pk for book in books}
    return {
        "title": chosen.title or project.title,
        "subtitle": chosen.subtitle,
        "songs": list(songs.values()),
        "books": [{"book": book.pk, "name": book.instrument} for book in books],
        "chairs": [
            {"book": line.book.pk, "name": line.book.instrument, "player": line.player, "copies": line.copies}
            for line in lines_of(project)
            if line.book.pk in wanted
        ],
        "unread": unread,
    }


def _scanned(book: Unread, places: Sequence[int]) -> dict[str, Any]:
    digest = book.digest(places)
    return {"book": book.pk, "name": book.instrument, "score": None, "revision": None, "number": 0, "sha256": digest}


def check_contents(contents: Mapping[str, Any], chosen: Choices) -> None:
    """NotationError where there is nothing that could be printed."""
    if not contents["songs"]:
        raise NotationError("No song is chosen.", hint="Choose one or more songs to print.")
    if not any(song["parts"] for song in contents["songs"]):
        raise NotationError(
            "No book has music in these songs.", hint="Read the part books first, or choose other songs."
        )
    if not contents["chairs"]:
        raise NotationError("No instrument is chosen.", hint="Choose one or more instruments to print.")
    if not any(chair["copies"] for chair in contents["chairs"]):
        raise NotationError(
            "There is nothing to print: the list asks for no copies.", hint="Give an instrument one copy or more."
        )
    playing = {part["book"] for song in contents["songs"] for part in song["parts"]}
    if not any(chair["copies"] and chair["book"] in playing for chair in contents["chairs"]):
        raise NotationError(
            "None of these instruments plays in these songs.", hint="Choose other songs or other instruments."
        )
    if not any(summary_of(contents, chosen)[what] for what in WHAT):
        raise NotationError(
            "These books were not read, so they give neither scores nor notation.",
            hint="Read them first, or choose part books, or song parts as PDF.",
        )


def summary_of(contents: Mapping[str, Any], chosen: Choices) -> dict[str, int]:
    """How much would be made: books, copies, scores, parts, songs."""
    playing = {part["book"] for song in contents["songs"] for part in song["parts"]}
    seated = {c["book"] for c in contents["chairs"] if c["copies"]} & playing
    made = set(chosen.what)
    parts = [part for song in contents["songs"] for part in song["parts"]]
    chairs = [c for c in contents["chairs"] if c["copies"] and c["book"] in playing]
    return {
        "songs": sum(not song.get("aside") for song in contents["songs"]),
        "books": len({(c["book"], c["player"]) for c in chairs}) if made & {"books", "pile"} else 0,
        "copies": sum(c["copies"] for c in chairs),
        "scores": sum(any(map(is_read, song["parts"])) for song in contents["songs"]) if "scores" in made else 0,
        "parts": sum(part["book"] in seated and (is_read(part) or "pdf" in chosen.kinds) for part in parts)
        if "parts" in made
        else 0,
    }


def is_read(part: Mapping[str, Any]) -> bool:
    """Whether a part is notation, and not pages as they were scanned."""
    return part["revision"] is not None


def changed_since(made: PrintSet) -> list[str]:
    """What is different now from what a set holds, in words; empty where making it again would give the same."""
    now = contents_of(made.project, choices_from(made.chosen))
    return list(_differences(made.contents, now))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before = {song["id"]: song for song in old["songs"]}
    after = {song["id"]: song for song in new["songs"]}
    for key, song in after.items():
        was = before.get(key)
        if was is None:
            yield f"{song['title']} is new"
            continue
        if (was["title"], was["composer"]) != (song["title"], song["composer"]):
            yield (
                f"{was['title']} is now called {song['title']}"
                if was["title"] != song["title"]
                else (f"{song['title']} has another composer")
            )
        yield from _parts(song["title"], was["parts"], song["parts"])
    yield from (f"{song['title']} is gone" for key, song in before.items() if key not in after)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield "the songs are in another order"
    if old["chairs"] != new["chairs"] or old["books"] != new["books"]:
        yield "the list of instruments was changed"
    if (old["title"], old["subtitle"]) != (new["title"], new["subtitle"]):
        yield "the title was changed"


def _parts(title: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    before, after = ({part["book"]: part for part in parts} for parts in (old, new))
    for key, part in after.items():
        if key not in before:
            yield f"{title}: {part['name']} is new"
        elif before[key]["sha256"] != part["sha256"] and not is_read(part):
            yield f"{title}: the pages of {part['name']} were sorted anew"
        elif before[key]["sha256"] != part["sha256"]:
            yield f"{title}: {part['name']} was changed (revision {before[key]['number']}, now {part['number']})"
    yield from (f"{title}: {part['name']} is gone" for key, part in before.items() if key not in after)
