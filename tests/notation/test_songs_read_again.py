"""What was decided about songs outlives a new reading of the pages, and can be taken back after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notation import services, songs
from notation.books import BookRead, SongRead, keep
from notation.checks import READ_AGAIN
from notation.models import Score, Song
from notation.undo import Changed, last_change, undo
from notation.whereabouts import owned, spots
from projects.models import Project
from tests.cast import bring, pdf
from tests.notation.test_songs import START, bars, cell, everything, part, project, reading, song, table

__all__ = ["project"]  # a fixture
NAMES = ("Flute", "Tuba")


def shelf(project: Project, *, first: int = 0, sheaf: bool = False, down: int = 0) -> list[BookRead]:
    """The books of `band`. first: another one is another reading; down: how much lower all of it stands."""
    known = {source.name: source for source in project.sources.all()}
    files = {name: f"{name}.pdf" for name in (*NAMES, "Drums")}
    sources = {name: known.get(file) or bring(project, name=file, data=pdf()) for name, file in files.items()}
    march = {"Flute": song("March", 20, first=first, top=down), "Drums": song("March", 20, first=first, top=down)}
    march["Tuba"] = song("March", 19, first=first, top=down, lacks=3)
    waltz = song("Waltz", 12, first=29 + first, top=60 + down, page=2)
    return [
        BookRead((sources[name],), 0, name, (march[name], waltz) if name in NAMES else (march[name],),
                 sheaf=name if sheaf else "")
        for name in sources
    ]  # fmt: skip


def read_pages(project: Project, **how: Any) -> list[str]:
    sheaf = bool(how.get("sheaf"))
    return keep(project, read=shelf(project, **how), author=None, sheaves=[*NAMES, "Drums"] if sheaf else [])


@pytest.fixture
def band(project: Project) -> Project:
    assert read_pages(project) == []
    assert table(project) == START
    return project


def take_back(project: Project) -> None:
    change = last_change(project)
    assert change is not None
    undo(change, author=project.owner)


def merged(project: Project) -> None:
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    songs.merge(march, following=waltz, author=project.owner)


MERGED = {"March": {"Flute": 32, "Tuba": 31, "Drums": 20}}


def test_two_songs_that_were_put_together_stay_so(band: Project) -> None:
    merged(band)
    before = everything(band)
    assert read_pages(band) == []
    assert everything(band) == before
    take_back(band)
    assert table(band) == START
    assert read_pages(band) == []
    assert table(band) == START


def test_what_is_read_anew_is_put_together_as_well_and_taken_apart_by_taking_back(band: Project) -> None:
    merged(band)
    assert read_pages(band, first=1) == []
    assert table(band) == MERGED
    whole = cell("Flute", "March")
    assert bars(whole) == [*range(1, 21), *range(30, 42)]
    assert (whole.revision.number, whole.revision.reason) == (3, READ_AGAIN)
    assert "it is revision 2" in whole.revision.notices[0]
    assert len(whole.revision.reading["bars"]) == 32
    before = everything(band)
    read_pages(band, first=1)
    assert everything(band) == before
    take_back(band)
    assert table(band) == START
    assert bars(cell("Flute", "March")) == list(range(1, 21))
    assert cell("Flute", "Waltz").revision.summary["doubtful"] == 1
    before = everything(band)
    assert read_pages(band, first=1) == []
    assert [row[:4] for row in everything(band)[1]] == [row[:4] for row in before[1]]


def test_sorted_pages_that_are_read_again_leave_songs_as_they_were_put(project: Project) -> None:
    read_pages(project, sheaf=True)
    merged(project)
    songs.split(cell("Drums", "March").score, at=8, revision=1, title="Solo", author=None)
    before = everything(project)
    assert read_pages(project, sheaf=True, first=1) == []
    assert table(project) == {"March": {**MERGED["March"], "Drums": 8}, "Solo": {"Drums": 12}}
    assert [row[:4] for row in everything(project)[1]] == [row[:4] for row in before[1]]


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_song_that_was_split_stays_so(band: Project, everywhere: bool) -> None:
    one = cell("Flute", "March")
    songs.split(one.score, at=8, revision=1, title="Trio", everywhere=everywhere, author=None)
    split, before = table(band), everything(band)
    assert read_pages(band) == []
    assert everything(band) == before
    assert read_pages(band, first=1) == []
    assert table(band) == split
    assert bars(cell("Flute", "Trio")) == list(range(9, 21))
    assert cell("Flute", "March").score.revisions.get(number=1).summary["bars"] == 20
    take_back(band)
    assert table(band) == START
    assert bars(cell("Flute", "March")) == list(range(1, 21))


def test_every_decision_is_kept_at_once_and_all_of_them_are_taken_back(band: Project) -> None:
    songs.split(cell("Flute", "March").score, at=8, revision=1, title="Trio", author=None)
    songs.move_boundary(cell("Flute", "Waltz").score, by=-2, revision=1, other=1, author=None)
    songs.delete_cell(cell("Tuba", "Waltz").score, author=None)
    songs.describe(Song.objects.get(title="Waltz"), title="Our encore", author=None)
    songs.move(Song.objects.get(title="Our encore"), to=0, author=None)
    decided = table(band)
    assert decided == {
        "Our encore": {"Flute": 14}, "March": {"Flute": 8, "Tuba": 19, "Drums": 20}, "Trio": {"Flute": 10},
    }  # fmt: skip
    read_pages(band, first=1)
    assert table(band) == decided
    assert bars(cell("Flute", "Our encore")) == [19, 20, *range(30, 42)]
    while last_change(band) is not None:
        take_back(band)
    assert table(band) == START
    assert bars(cell("Flute", "March")) == list(range(1, 21))
    assert bars(cell("Flute", "Waltz")) == list(range(30, 42))


def test_a_song_keeps_its_name_though_another_one_is_read(band: Project) -> None:
    songs.describe(Song.objects.get(title="Waltz"), title="Our encore", author=None)
    read = [replace(book, songs=tuple(replace(one, title="Quite Another") if one.title == "Waltz" else one
                                      for one in book.songs)) for book in shelf(band, first=1)]  # fmt: skip
    assert keep(band, read=read, author=None) == []
    assert table(band) == {"March": START["March"], "Our encore": START["Waltz"]}
    assert bars(cell("Tuba", "Our encore")) == list(range(30, 42))
    assert read_pages(band, first=2, down=400) == []  # found by what is printed, wherever it stands
    assert table(band) == {"March": START["March"], "Our encore": START["Waltz"]}


def test_what_was_corrected_stays_where_nothing_new_was_read(band: Project) -> None:
    one = cell("Flute", "March")
    services.add_revision(one.score, document=part(20, first=2), reason="Mended", reading=one.revision.reading,
                          summary={"bars": 20})  # fmt: skip
    merged(band)
    before = everything(band)
    assert read_pages(band) == []
    assert everything(band) == before


def test_where_the_bars_are_elsewhere_it_says_so_and_nothing_is_lost(band: Project) -> None:
    merged(band)
    whole = cell("Flute", "March").document()
    said = read_pages(band, first=1, down=400)
    assert table(band) == START
    assert any(one.startswith("“March – Flute” is as it was read now") for one in said)
    (alone,) = [one for one in said if one.startswith("“Waltz” is a song of its own in Flute, Tuba")]
    assert "put the two together" in alone
    assert cell("Flute", "March").score.revisions.get(number=2).musicxml() == whole


def test_bars_of_a_notation_file_are_not_read_away(band: Project) -> None:
    waltz = cell("Flute", "Waltz")
    services.add_revision(waltz.score, document=part(12, first=10), reason="Opened", summary={"bars": 12})
    waltz.score.revisions.all().update(reading={})
    merged(band)
    before = cell("Flute", "March").document()
    said = read_pages(band, first=1)
    assert cell("Flute", "March").document() == before
    assert "“March – Flute” has 12 bars that do not stand on its pages, so it stays as it is" in said[0]
    assert table(band)["March"] == MERGED["March"]


def oboe(project: Project, *read: SongRead, sheaf: str = "") -> BookRead:
    source = project.sources.filter(name="Oboe.pdf").first() or bring(project, name="Oboe.pdf", data=pdf())
    return BookRead((source,), 0, "Oboe", read, sheaf=sheaf)


MARCH, WALTZ = song("March", 20), song("Waltz", 12, first=30, top=60, page=2)


@pytest.mark.parametrize("sheaf", ["", "Oboe"])
def test_what_was_put_together_is_put_together_in_a_book_that_is_read_later(project: Project, sheaf: str) -> None:
    read_pages(project, sheaf=bool(sheaf))
    merged(project)
    sheaves = [*NAMES, "Drums", "Oboe"] if sheaf else []
    (said,) = keep(project, read=[oboe(project, MARCH, WALTZ, sheaf=sheaf)], author=None, sheaves=sheaves)
    assert said == "“Waltz” of Oboe was put where you had put this song: “Waltz” put behind “March”."
    assert table(project) == {"March": {**MERGED["March"], "Oboe": 32}}
    whole = cell("Oboe", "March")
    assert bars(whole) == [*range(20), *range(30, 42)]
    assert len(whole.revision.reading["bars"]) == 32
    before = everything(project)
    assert keep(project, read=[oboe(project, MARCH, WALTZ, sheaf=sheaf)], author=None, sheaves=sheaves) == []
    assert everything(project) == before
    take_back(project)
    assert table(project) == {
        "March": {**START["March"], "Oboe": 20}, "Waltz": {**START["Waltz"], "Oboe": 12}
    }  # fmt: skip
    assert bars(cell("Oboe", "Waltz")) == list(range(30, 42))
    assert keep(project, read=[oboe(project, MARCH, WALTZ, sheaf=sheaf)], author=None, sheaves=sheaves) == []
    assert table(project)["Waltz"]["Oboe"] == 12


def test_a_book_that_has_the_second_of_two_alone_has_it_in_the_first(band: Project) -> None:
    merged(band)
    keep(band, read=[oboe(band, WALTZ)], author=None)
    assert table(band) == {"March": {**MERGED["March"], "Oboe": 12}}
    assert cell("Oboe", "March").score.title == "March – Oboe"
    take_back(band)
    assert table(band) == {"March": START["March"], "Waltz": {**START["Waltz"], "Oboe": 12}}
    assert cell("Oboe", "Waltz").score.title == "Waltz – Oboe"


def test_three_songs_that_became_one_are_put_together_in_their_order(project: Project) -> None:
    suite = [song(title, 4, first=10 * n, page=n + 1) for n, title in enumerate(("Prelude", "Gigue", "Coda"))]
    keep(
        project, read=[BookRead((bring(project, name="Flute.pdf", data=pdf()),), 0, "Flute", tuple(suite))], author=None
    )
    prelude, gigue, coda = Song.objects.all()
    songs.merge(gigue, following=coda, author=None)
    songs.merge(prelude, following=gigue, author=None)
    keep(project, read=[oboe(project, *suite)], author=None)
    assert table(project) == {"Prelude": {"Flute": 12, "Oboe": 12}}
    assert bars(cell("Oboe", "Prelude")) == bars(cell("Flute", "Prelude"))
    take_back(project)
    assert table(project) == {"Prelude": {"Flute": 4, "Oboe": 4}, "Gigue": {"Flute": 8, "Oboe": 8}}
    take_back(project)
    assert set(table(project)) == {"Prelude", "Gigue", "Coda"}


def test_a_song_that_is_another_one_is_so_in_a_later_book_unless_that_has_both(project: Project) -> None:
    air, lost = song("Evening Air", 20), song("Ev ng", 20)
    first = [BookRead((bring(project, name=f"{name}.pdf", data=pdf()),), 0, name, (one,))
             for name, one in (("Flute", air), ("Tuba", lost))]  # fmt: skip
    keep(project, read=first, author=None)
    songs.same_as(Song.objects.get(title="Ev ng"), other=Song.objects.get(title="Evening Air"), author=None)
    keep(project, read=[oboe(project, lost)], author=None)
    assert table(project) == {"Evening Air": {"Flute": 20, "Tuba": 20, "Oboe": 20}}
    horn = BookRead((bring(project, name="Horn.pdf", data=pdf()),), 0, "Horn in F", (air, song("Ev ng", 20, page=2)))
    (said,) = keep(project, read=[horn], author=None)
    assert said.startswith("“Ev ng” is a song of its own in Horn in F, though you had put")
    assert table(project)["Ev ng"] == {"Horn in F": 20}


def test_a_deleted_song_of_a_later_book_is_kept_out_of_sight_and_comes_back_with_the_others(band: Project) -> None:
    songs.delete(Song.objects.get(title="Waltz"), author=band.owner)
    (said,) = keep(band, read=[oboe(band, MARCH, WALTZ)], author=None)
    assert said.startswith("“Waltz” was read in Oboe as well and is not shown, as you had deleted it.")
    assert "Taking that back on the page of songs" in said
    assert table(band) == {"March": {**START["March"], "Oboe": 20}}
    assert keep(band, read=[oboe(band, MARCH, WALTZ)], author=None) == []
    assert table(band) == {"March": {**START["March"], "Oboe": 20}}
    take_back(band)
    assert table(band) == {"March": {**START["March"], "Oboe": 20}, "Waltz": {**START["Waltz"], "Oboe": 12}}
    assert bars(cell("Oboe", "Waltz")) == list(range(30, 42))


def test_what_was_put_together_and_then_deleted_comes_back_step_by_step(band: Project) -> None:
    merged(band)
    songs.delete(Song.objects.get(title="March"), author=None)
    keep(band, read=[oboe(band, MARCH, WALTZ)], author=None)
    assert table(band) == {}
    take_back(band)
    assert table(band) == {"March": {**MERGED["March"], "Oboe": 32}}
    take_back(band)
    assert table(band)["Waltz"] == {**START["Waltz"], "Oboe": 12}


def test_a_part_that_was_split_since_is_not_put_together_over_it(band: Project) -> None:
    """The Oboe's March was cut in two after the two songs became one; then its Waltz is read."""
    keep(band, read=[oboe(band, MARCH)], author=None)
    merged(band)
    songs.split(cell("Oboe", "March").score, at=8, revision=1, title="Trio", author=None)
    keep(band, read=[oboe(band, MARCH, WALTZ)], author=None)
    assert table(band)["March"]["Oboe"] == 8
    assert table(band)["Waltz"] == {"Oboe": 12}
    while last_change(band) is not None:
        take_back(band)
    assert table(band)["March"]["Oboe"] == 20


def test_a_correction_after_the_new_reading_is_not_taken_back_over(band: Project) -> None:
    merged(band)
    read_pages(band, first=1)
    services.add_revision(cell("Flute", "March").score, document=part(32, first=3), reason="Bar 1 mended",
                          summary={"bars": 32})  # fmt: skip
    before = everything(band)
    with pytest.raises(Changed, match="“March – Flute” was changed after"):
        take_back(band)
    assert everything(band) == before


def test_the_same_title_twice_in_a_book_loses_neither(band: Project) -> None:
    merged(band)
    more = SongRead("March", "", part(9), 9, "4/4", {"bars": 9}, reading(9, top=0, page=9))
    again = shelf(band)[0]
    keep(band, read=[replace(again, songs=(*again.songs, more))], author=None)
    assert sorted(score.latest.summary["bars"] for score in Score.objects.filter(book__instrument="Flute")
                  if score.latest is not None) == [9, 32]  # fmt: skip


def test_a_rest_that_was_cut_is_in_both_parts() -> None:
    bar = {"page": 1, "doubt": 0.0, "doubtful": False, "reasons": []}
    page = {"number": 1, "label": "p1", "key": "k", "sheet": 0, "size": [100, 100]}
    rest, note = {**bar, "box": [0, 0, 50, 20]}, {**bar, "box": [50, 0, 99, 20]}
    first = spots({"pages": [page], "bars": [{**rest, "measure": 0}]}, measures=3)
    second = spots({"pages": [page], "bars": [{**rest, "measure": 0}, {**note, "measure": 5}]}, measures=6)
    again = spots({"pages": [page], "bars": [{**rest, "measure": 0}, {**note, "measure": 8}]}, measures=9)
    found = owned(again, {"a": first, "b": second}, measures=9)
    assert found == [("a", 0), ("a", 1), ("a", 2), *(("b", n) for n in range(6))]
    elsewhere = spots({"pages": [{**page, "key": "x", "label": "q"}], "bars": [{**note, "measure": 0}]}, measures=1)
    assert owned(elsewhere, {"a": first, "b": second}, measures=1) == [None]
