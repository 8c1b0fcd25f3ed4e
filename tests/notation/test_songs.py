"""Songs split, put together, moved and taken back: the bars and what was read of them go along, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from notation import editing, services, songs
from notation.books import BookRead, SongRead, keep
from notation.cells import Held, held
from notation.models import Book, Score, Song, SongChange
from notation.musicxml import NotationError
from notation.musicxml.read import read
from notation.musicxml.walk import walk
from notation.places import places
from notation.undo import Changed, last_change, undo
from projects.models import Project
from tests.cast import Cast, bring, pdf

STEPS = "CDEFGAB"


@pytest.fixture
def project(cast: Cast) -> Project:
    return Project.objects.create(owner=cast.ada, title="Band")


def part(bars: int, *, first: int = 0, instrument: str = "Flute", rehearsal: int = -1, lacks: int = 99) -> bytes:
    """Whole notes that go up the scale, so that every bar says which one it is; the one called `lacks` is left out."""
    measures = []
    for n in range(bars):
        step = first + n + (n >= lacks)
        head = (
            "<attributes><divisions>1</divisions><key><fifths>1</fifths></key><time><beats>4</beats><beat-type>4"
            "</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes><direction><direction-type>"
            '<words>Allegro</words></direction-type><sound tempo="120"/></direction>'
            if not n
            else ""
        )
        mark = "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>"
        measures.append(
            f'<measure number="{n + 1}">{head}{mark if n == rehearsal else ""}<note id="n0-{n}-0"><pitch><step>'
            f"{STEPS[step % 7]}</step><octave>{2 + step // 7 % 6}</octave></pitch><duration>4</duration>"
            "<type>whole</type></note></measure>"
        )
    return (
        '<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>'
        f'{instrument}</part-name></score-part></part-list><part id="P1">{"".join(measures)}</part></score-partwise>'
    ).encode()


def reading(bars: int, *, top: int, page: int, doubtful: tuple[int, ...] = ()) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    for n in range(bars):
        x, y = 10 * (n % 4), top + 10 * (n // 4 % 3)
        doubt = {"doubt": 0.5, "doubtful": n in doubtful, "reasons": []}
        told.append({"measure": n, "page": page + n // 12, "box": [x, y, x + 9, y + 9], **doubt})
    numbers = sorted({one["page"] for one in told})
    pages = [{"number": n, "label": f"p{n}", "key": "k", "sheet": n - 1, "size": [100, 140]} for n in numbers]
    return {"engine": "none", "pages": pages, "bars": told, "glances": {"0-3-0": {"s": 0.1}}}


def song(title: str, bars: int, *, first: int = 0, top: int = 0, page: int = 1, **more: Any) -> SongRead:
    where = reading(bars, top=top, page=page, doubtful=(bars - 1,))
    return SongRead(title, "", part(bars, first=first, **more), bars, "4/4", {"bars": bars, "doubtful": 1}, where)


def book(project: Project, name: str, *read: SongRead) -> BookRead:
    return BookRead((bring(project, name=f"{name}.pdf", data=pdf()),), 0, name, read)


@pytest.fixture
def band(project: Project) -> Project:
    """March (20 bars) and Waltz (12) on page 1 and 2 of the flute's and the tuba's book; the drums have the March."""
    flute = [song("March", 20, rehearsal=8), song("Waltz", 12, first=30, top=60, page=2)]
    tuba = [song("March", 19, rehearsal=7, lacks=3), song("Waltz", 12, first=30, top=60, page=2)]
    read_books = [
        book(project, "Flute", *flute),
        book(project, "Tuba", *tuba),
        book(project, "Drums", song("March", 20)),
    ]
    keep(project, read=read_books, author=None)
    return project


def cell(name: str, title: str) -> Held:
    score = Score.objects.get(book__instrument=name, song__title=title)
    return next(one for one in held(score.project) if one.score.pk == score.pk)


def bars(one: Held) -> list[int]:
    """Which bars a part has, by their pitches."""
    pitches = [bar.notes[0].pitch for bar in walk(read(one.document()).findall("part")[0])]
    scale = {
        pitch: n for n, pitch in enumerate(12 * (2 + n // 7 + 1) + (0, 2, 4, 5, 7, 9, 11)[n % 7] for n in range(42))
    }
    return [scale[pitch] for pitch in pitches if pitch is not None]


def table(project: Project) -> dict[str, dict[str, int]]:
    """Song -> book -> number of bars, in their orders."""
    found: dict[str, dict[str, int]] = {title: {} for title in project.songs.values_list("title", flat=True)}
    for one in held(project):
        assert len(bars(one)) == one.revision.summary["bars"]
        found[one.song.title][one.book.instrument] = one.revision.summary["bars"]
    return found


START = {"March": {"Flute": 20, "Tuba": 19, "Drums": 20}, "Waltz": {"Flute": 12, "Tuba": 12}}


def everything(project: Project) -> Any:
    rows = [(o.song.pk, o.book.pk, o.score.pk, o.score.title, o.document(), o.revision.reading) for o in held(project)]
    return list(Song.objects.filter(project=project).values()), rows


# --- where songs lie ------------------------------------------------------------------------------------------------


def test_where_each_song_lies_in_each_book(band: Project) -> None:
    found = {(p.book.instrument, p.song.title): (p.pages, p.first_bar, p.last_bar) for p in places(band)}
    assert found["Flute", "March"] == ("pages 1 to 2", 1, 20)
    assert found["Flute", "Waltz"] == ("page 2", 21, 32)
    assert found["Tuba", "Waltz"] == ("page 2", 20, 31)
    songs.move(Song.objects.get(title="Waltz"), to=0, author=None)
    assert [p.song.title for p in places(band) if p.book.instrument == "Flute"] == ["March", "Waltz"]


def test_the_tempo_is_found(band: Project) -> None:
    assert Song.objects.get(title="March").tempo == "Allegro"


# --- splitting ------------------------------------------------------------------------------------------------------


def test_a_song_is_split_in_one_book(band: Project) -> None:
    one = cell("Flute", "March")
    new, said = songs.split(one.score, at=8, revision=1, title=" Trio ", author=band.owner)
    assert said == []
    assert (new.title, new.order, new.tempo) == ("Trio", 1, "")
    assert table(band) == {
        "March": {"Flute": 8, "Tuba": 19, "Drums": 20}, "Trio": {"Flute": 12}, "Waltz": START["Waltz"],
    }  # fmt: skip
    assert bars(cell("Flute", "Trio")) == list(range(8, 20))
    after = cell("Flute", "Trio").revision
    assert [(bar["measure"], bar["page"]) for bar in after.reading["bars"]][:5] == [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 2),
    ]
    assert after.summary["doubtful"] == 1
    assert cell("Flute", "March").revision.summary["doubtful"] == 0
    assert cell("Flute", "March").score.revisions.get(number=1).summary["bars"] == 20


def test_in_all_books_it_begins_at_the_bar_that_belongs_beside_this_one(band: Project) -> None:
    songs.split(cell("Flute", "March").score, at=8, revision=1, everywhere=True, author=None)
    assert table(band)["March"] == {"Flute": 8, "Tuba": 7, "Drums": 8}
    assert table(band)["March, second part"] == {"Flute": 12, "Tuba": 12, "Drums": 12}


@pytest.mark.parametrize("at", [0, -1, 20, 99])
def test_a_song_past_the_end_and_an_empty_one_are_refused(band: Project, at: int) -> None:
    before = everything(band)
    for everywhere in (False, True):
        with pytest.raises(NotationError, match="has 20 bars"):
            songs.split(cell("Flute", "March").score, at=at, revision=1, everywhere=everywhere, author=None)
    assert everything(band) == before
    assert not SongChange.objects.exists()


def test_who_was_slower_overwrites_nothing(band: Project) -> None:
    one = cell("Flute", "March")
    services.add_revision(one.score, document=part(20, first=1), reason="Bar 3 mended", author=band.owner,
                          summary={"bars": 20})  # fmt: skip
    with pytest.raises(services.Overtaken, match="Ada changed “March – Flute” meanwhile: Bar 3 mended"):
        songs.split(one.score, at=8, revision=1, author=None)
    with pytest.raises(services.Overtaken):
        songs.move_boundary(cell("Flute", "Waltz").score, by=-2, revision=1, other=1, author=None)
    assert table(band) == START


# --- boundaries -----------------------------------------------------------------------------------------------------


def test_a_boundary_moves_bars_from_one_song_to_the_other(band: Project) -> None:
    waltz = cell("Flute", "Waltz")
    assert songs.move_boundary(waltz.score, by=-3, revision=1, other=1, author=band.owner) == []
    assert bars(cell("Flute", "Waltz")) == [17, 18, 19, *range(30, 42)]
    assert bars(cell("Flute", "March")) == list(range(17))
    moved = cell("Flute", "Waltz").revision
    assert [(bar["measure"], bar["page"], bar["doubtful"]) for bar in moved.reading["bars"]][:4] == [
        (0, 2, False), (1, 2, False), (2, 2, True), (3, 2, False),
    ]  # fmt: skip
    assert (moved.summary["doubtful"], moved.summary["key"]) == (2, "G major")
    assert cell("Tuba", "Waltz").revision.number == 1
    songs.move_boundary(cell("Flute", "Waltz").score, by=3, revision=2, other=2, author=None)
    assert (bars(cell("Flute", "March")), bars(cell("Flute", "Waltz"))) == (list(range(20)), list(range(30, 42)))


@pytest.mark.parametrize(("title", "by", "why"), [
    ("Waltz", 12, "“Waltz” has 12 bars in Flute: it would be empty"),
    ("Waltz", -20, "“March” has 20 bars in Flute: it would be empty"),
    ("March", 1, "“March” is the first song of Flute"),
])  # fmt: skip
def test_a_boundary_stays_between_its_songs(band: Project, title: str, by: int, why: str) -> None:
    with pytest.raises(NotationError, match=why):
        songs.move_boundary(cell("Flute", title).score, by=by, revision=1, other=1, author=None)
    assert table(band) == START


# --- one song of two ------------------------------------------------------------------------------------------------


def test_two_songs_become_one(band: Project) -> None:
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    songs.merge(march, following=waltz, author=None)
    assert table(band) == {"March": {"Flute": 32, "Tuba": 31, "Drums": 20}}
    whole = cell("Flute", "March")
    assert bars(whole) == [*range(20), *range(30, 42)]
    assert len(whole.revision.reading["bars"]) == 32
    assert [page["number"] for page in whole.revision.reading["pages"]] == [1, 2]
    with pytest.raises(NotationError, match="with itself"):
        songs.merge(march, following=march, author=None)


def test_a_part_is_said_to_be_another_song(project: Project) -> None:
    keep(project, read=[book(project, "Flute", song("Evening Air", 20)), book(project, "Tuba", song("Ev ng", 33))],
         author=None)  # fmt: skip
    air, lost = Song.objects.get(title="Evening Air"), Song.objects.get(title="Ev ng")
    songs.same_as(lost, other=air, author=None)
    assert table(project) == {"Evening Air": {"Flute": 20, "Tuba": 33}}
    assert cell("Tuba", "Evening Air").score.title == "Evening Air – Tuba"
    change = last_change(project)
    assert change is not None
    undo(change, author=None)
    assert table(project) == {"Evening Air": {"Flute": 20}, "Ev ng": {"Tuba": 33}}
    assert cell("Tuba", "Ev ng").score.title == "Ev ng – Tuba"


def test_reading_sorted_pages_again_leaves_what_was_said_to_be_another_song(project: Project) -> None:
    sources = {name: bring(project, name=f"{name}.pdf", data=pdf()) for name in ("Flute", "Tuba")}
    read_books = [
        BookRead((sources[name],), 0, name, (song(title, bars),), sheaf=name)
        for name, title, bars in (("Flute", "Evening Air", 20), ("Tuba", "Ev ng", 33))
    ]
    keep(project, read=read_books, author=None, sheaves=["Flute", "Tuba"])
    air = Song.objects.get(title="Evening Air")
    songs.same_as(Song.objects.get(title="Ev ng"), other=air, author=None)
    moved = cell("Tuba", "Evening Air")
    keep(project, read=read_books, author=None, sheaves=["Flute", "Tuba"])
    assert cell("Tuba", "Evening Air").score.pk == moved.score.pk


def test_two_pieces_of_one_book_are_not_the_same(band: Project) -> None:
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    with pytest.raises(NotationError, match="Flute and Tuba have a part of “Waltz” and one of “March”"):
        songs.same_as(waltz, other=march, author=None)
    with pytest.raises(NotationError, match="already"):
        songs.same_as(march, other=march, author=None)
    assert table(band) == START


# --- deleting, and taking back --------------------------------------------------------------------------------------


def test_a_deleted_song_is_seen_nowhere_and_comes_back(band: Project, cast: Cast, as_: Any) -> None:
    before = everything(band)
    gone = cell("Flute", "March").score
    songs.delete(Song.objects.get(title="March"), author=band.owner)
    assert table(band) == {"Waltz": START["Waltz"]}
    assert [one.order for one in Song.objects.filter(project=band)] == [0]
    assert as_(cast.ada).get(f"/scores/{gone.pk}/").status_code == 404
    change = last_change(band)
    assert change is not None
    assert change.text == "“March” deleted"
    undo(change, author=None)
    assert everything(band) == before


def test_the_last_part_takes_its_song_along(band: Project) -> None:
    for name in ("Flute", "Tuba"):
        songs.delete_cell(cell(name, "Waltz").score, author=None)
    assert table(band) == {"March": START["March"]}


def test_reading_again_brings_back_nothing_that_was_thrown_away(project: Project) -> None:
    read_books = [book(project, "Flute", song("March", 8), song("Cover", 4)), book(project, "Tuba", song("March", 8))]
    keep(project, read=read_books, author=None)
    songs.delete(Song.objects.get(title="Cover"), author=None)
    songs.delete_cell(cell("Tuba", "March").score, author=None)
    keep(project, read=read_books, author=None)
    assert table(project) == {"March": {"Flute": 8}}


def test_every_verb_can_be_taken_back_one_after_the_other(band: Project) -> None:
    states = []
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    for do in (
        lambda: songs.describe(march, title="Old March", composer="Me", tempo="slow", author=None),
        lambda: songs.split(
            cell("Flute", "Old March").score, at=8, revision=1, everywhere=True, title="Trio", author=None
        ),
        lambda: songs.move_boundary(cell("Tuba", "Waltz").score, by=-2, revision=1, other=1, author=None),
        lambda: songs.move(waltz, to=0, author=None),
        lambda: songs.delete_cell(cell("Drums", "Trio").score, author=None),
        lambda: songs.merge(waltz, following=Song.objects.get(title="Trio"), author=None),
        lambda: songs.delete(waltz, author=None),
    ):
        states.append(everything(band))
        do()
    while (change := last_change(band)) is not None:
        undo(change, author=band.owner)
        assert everything(band) == states.pop()
    assert not states


def test_nothing_is_taken_back_over_somebodys_work(band: Project) -> None:
    songs.move_boundary(cell("Flute", "Waltz").score, by=-3, revision=1, other=1, author=None)
    change = last_change(band)
    assert change is not None
    services.add_revision(cell("Flute", "March").score, document=part(17, first=3), reason="Bar 1 mended",
                          summary={"bars": 17})  # fmt: skip
    before = everything(band)
    with pytest.raises(Changed, match="“March – Flute” was changed after"):
        undo(change, author=None)
    assert everything(band) == before


def test_a_desk_takes_no_half_of_a_split_back(band: Project) -> None:
    """Its undo is for one part; bars that went to another song would be in both."""
    one = cell("Flute", "March")
    editing.accept(one.score, bars=None, base=1, author=None)
    songs.split(one.score, at=8, revision=2, author=None)
    assert editing.stacks(one.score) == ([], [])
    with pytest.raises(NotationError, match="nothing to undo"):
        editing.undo(one.score, base=3, author=None)
    change = last_change(band)
    assert change is not None
    undo(change, author=None)
    assert editing.stacks(one.score) == ([], [])
    assert table(band) == START


def test_only_the_last_change_is_taken_back(band: Project) -> None:
    songs.delete(Song.objects.get(title="Waltz"), author=None)
    first = last_change(band)
    songs.describe(Song.objects.get(title="March"), title="Old March", author=None)
    assert first is not None
    with pytest.raises(Changed, match="Meanwhile something else was done: “March”: title changed"):
        undo(first, author=None)


def test_a_song_needs_a_title(band: Project) -> None:
    with pytest.raises(NotationError, match="needs a title"):
        songs.describe(Song.objects.get(title="March"), title="  ", author=None)


def test_books_without_pages_go_by_the_list(band: Project) -> None:
    for one in held(band):
        if one.book.instrument == "Tuba":
            services.add_revision(one.score, document=one.document() + b" ", reason="x", summary=one.revision.summary)
            one.score.revisions.update(reading={})
    assert [p.song.title for p in places(band) if p.book.instrument == "Tuba"] == ["March", "Waltz"]
    assert {p.pages for p in places(band) if p.book.instrument == "Tuba"} == {""}
    assert Book.objects.count() == 3
