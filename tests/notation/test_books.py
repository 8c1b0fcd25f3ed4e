"""Part books that were read become songs, books and scores: matched, told apart, read again, renamed, moved."""

from __future__ import annotations

from typing import Any

import pytest

from notation import books, services
from notation.books import BookRead, SongRead, keep, move_song, rename_song, table
from notation.cells import held
from notation.checks import READ_AGAIN
from notation.models import Book, Score, Song
from notation.musicxml import NotationError
from projects.models import Project, Source
from tests.cast import MUSICXML, Cast, bring, pdf, reading_of
from tests.notation.documents import guitar as document_of

TITLES = ("Morning March", "Slow Waltz", "Finale")


@pytest.fixture
def project(cast: Cast) -> Project:
    return Project.objects.create(owner=cast.ada, title="Band")


def song(title: str, bars: int = 16, *, doubtful: int = 0, **more: Any) -> SongRead:
    summary = {"bars": bars, "doubtful": doubtful, "metre": "4/4"}
    return SongRead(title, "A. Composer", MUSICXML, bars, "4/4", summary, reading_of(title), **more)


def book(project: Project, instrument: str, *songs: SongRead, source: Source | None = None, part: int = 0) -> BookRead:
    source = source or bring(project, name=f"{instrument}.pdf", data=pdf())
    return BookRead((source,), part, instrument, songs, b"{}")


def shown(project: Project) -> tuple[list[str], dict[str, list[str]]]:
    """Instruments, and of each song the states of its cells; "-" where it has none."""
    columns, rows = table(project)
    return (
        [column.instrument for column in columns],
        {row.song.title: [cell.state or "-" for cell in row.cells] for row in rows},
    )


def test_books_become_a_table_in_score_order(project: Project) -> None:
    read = [
        book(project, "Tuba", *(song(title) for title in TITLES)),
        book(project, "Flute 1", song(TITLES[0]), song(TITLES[2])),
        book(project, "Clarinet 1", *(song(title.upper()) for title in TITLES)),
    ]
    assert keep(project, read=read, author=project.owner) == []
    instruments, songs = shown(project)
    assert instruments == ["Flute 1", "Clarinet 1", "Tuba"]
    assert list(songs) == list(TITLES)
    assert songs["Slow Waltz"] == ["-", "good", "good"]
    assert Song.objects.get(title="Finale").composer == "A. Composer"
    cell = Score.objects.get(book__instrument="Tuba", song__title="Finale")
    assert (cell.title, cell.kind) == ("Finale – Tuba", "part-books")
    assert cell.last_read is not None
    assert cell.last_read.reading["bars"][0]["reasons"] == ["too long"]


def test_the_lights(project: Project) -> None:
    bars = {"Flute 1": (16, 0), "Clarinet 1": (16, 3), "Horn": (15, 0), "Tuba": (16, 0), "Trombone 1": (0, 0)}
    read = [book(project, name, song(TITLES[0], n, doubtful=d)) for name, (n, d) in bars.items()]
    keep(project, read=read, author=None)
    columns, (row,) = table(project)
    cells = {column.instrument: cell for column, cell in zip(columns, row.cells, strict=True)}
    assert {name: cell.state for name, cell in cells.items()} == {
        "Flute 1": "good",
        "Clarinet 1": "doubtful",
        "Horn": "wrong",
        "Tuba": "good",
        "Trombone 1": "wrong",
    }
    assert cells["Horn"].why == "15 bars, but most other books have 16"
    assert books.cell_of(Score.objects.get(book__instrument="Horn")).why == cells["Horn"].why


def test_two_books_that_differ_are_both_looked_at(project: Project) -> None:
    keep(project, read=[book(project, "Flute", song("A", 16)), book(project, "Tuba", song("A", 17))], author=None)
    assert shown(project)[1]["A"] == ["wrong", "wrong"]


def test_two_books_of_one_instrument_both_stay(project: Project) -> None:
    read = [book(project, "Clarinet", song("A")), book(project, "Clarinet", song("A"))]
    (said,) = keep(project, read=read, author=None)
    assert "Clarinet (2)" in said
    assert shown(project)[0] == ["Clarinet", "Clarinet (2)"]
    assert Book.objects.get(instrument="Clarinet (2)").note == said


def test_a_clef_in_a_name_is_not_a_number(project: Project) -> None:
    names = ["Tuba", "Baritone (treble clef)", "Flute"]
    keep(project, read=[book(project, name, song("A")) for name in names], author=None)
    assert shown(project)[0] == ["Flute", "Baritone (treble clef)", "Tuba"]


def test_a_book_that_shares_no_song_is_kept_with_a_word(project: Project) -> None:
    read = [
        book(project, "Flute", song("Morning March", 16), song("Finale", 40)),
        book(project, "Clarinet", song("Morning March", 16), song("Finale", 40)),
        book(project, "Tuba", song("Quite Another Piece", 90)),
    ]
    (said,) = keep(project, read=read, author=None)
    assert said.startswith("Tuba shares no song with the other books.")
    instruments, songs = shown(project)
    assert instruments == ["Flute", "Clarinet", "Tuba"]
    assert songs["Quite Another Piece"] == ["-", "-", "good"]


def test_one_book_alone_is_no_stranger(project: Project) -> None:
    assert keep(project, read=[book(project, "Flute", song("A"))], author=None) == []


def test_reading_again_changes_nothing_where_nothing_new_was_read(project: Project) -> None:
    read = [book(project, "Flute", song("A")), book(project, "Tuba", song("A"))]
    keep(project, read=read, author=None)
    services.add_revision(Score.objects.all()[0], document=document_of(), reason="Corrected")
    before = [(score.pk, score.latest) for score in Score.objects.all()]
    keep(project, read=read, author=None)
    assert (Book.objects.count(), Song.objects.count()) == (2, 1)
    assert [(score.pk, score.latest) for score in Score.objects.all()] == before


def test_another_reading_is_a_revision_and_corrections_stay_in_the_history(project: Project) -> None:
    source = bring(project, name="flute.pdf", data=pdf())
    keep(project, read=[book(project, "Flute", song("A"), source=source)], author=None)
    score = Score.objects.get()
    services.add_revision(score, document=MUSICXML + b"<!-- hers -->", reason="Bar 3 mended")
    again = SongRead("A", "", document_of(), 4, "4/4", {"bars": 4}, reading_of("A"))
    keep(project, read=[book(project, "Flute in C", again, source=source)], author=None)
    assert [r.reason for r in score.revisions.order_by("number")][1:] == ["Bar 3 mended", READ_AGAIN]
    latest = score.latest
    assert latest is not None
    assert "it is revision 2" in latest.notices[0]
    assert Book.objects.get().instrument == "Flute"


def test_books_that_come_later_find_the_songs_by_their_printed_title(project: Project) -> None:
    keep(project, read=[book(project, "Flute", *(song(title) for title in TITLES))], author=None)
    rename_song(Song.objects.get(title="Slow Waltz"), title="Our encore")
    move_song(Song.objects.get(title="Finale"), to=0)
    later = book(project, "Tuba", song("Morning March"), song("Slow Waltz"), song("New One", 99), song("Finale"))
    keep(project, read=[later], author=None)
    assert shown(project)[1] == {
        "Finale": ["good", "good"],
        "Morning March": ["good", "good"],
        "Our encore": ["good", "good"],
        "New One": ["-", "good"],
    }
    assert [song.order for song in Song.objects.all()] == [0, 1, 2, 3]


def test_a_song_that_every_book_is_silent_in_is_none(project: Project) -> None:
    keep(project, read=[book(project, "Flute", song("A"), SongRead("Tacet"), song("B"))], author=None)
    assert list(shown(project)[1]) == ["A", "B"]


def test_a_title_is_the_one_that_lost_no_letter(project: Project) -> None:
    read = [book(project, "Tuba", song("Eve ing Air")), book(project, "Flute", song("Evening Air"))]
    keep(project, read=read, author=None)
    assert list(shown(project)[1]) == ["Evening Air"]


def test_songs_without_titles_are_told_apart(project: Project) -> None:
    read = [book(project, name, song("", 16), song("", 40)) for name in ("Flute", "Tuba")]
    keep(project, read=read, author=None)
    assert shown(project)[1] == {"Untitled": ["good", "good"], "Untitled 2": ["good", "good"]}


def test_staves_of_a_score_are_books_of_one_file(project: Project) -> None:
    source = bring(project, name="score.pdf", data=pdf())
    read = [book(project, name, song("A"), source=source, part=n) for n, name in enumerate(("Flute", "Tuba"))]
    keep(project, read=read, author=None)
    keep(project, read=read, author=None)
    assert shown(project) == (["Flute", "Tuba"], {"A": ["good", "good"]})


def test_a_song_takes_its_scores_along_when_it_is_renamed(project: Project) -> None:
    keep(project, read=[book(project, name, song("A")) for name in ("Flute", "Tuba")], author=None)
    services.rename_score(Score.objects.get(book__instrument="Tuba"), title="My tuba part")
    rename_song(Song.objects.get(), title="  Another  name ")
    assert {score.title for score in Score.objects.all()} == {"Another name – Flute", "My tuba part"}
    with pytest.raises(NotationError, match="needs a title"):
        rename_song(Song.objects.get(), title=" ")


@pytest.mark.parametrize(("to", "order"), [(0, "CAB"), (1, "ACB"), (9, "ABC"), (-3, "CAB")])
def test_a_song_is_moved(project: Project, to: int, order: str) -> None:
    keep(project, read=[book(project, "Flute", *(song(letter) for letter in "ABC"))], author=None)
    move_song(Song.objects.get(title="C"), to=to)
    assert "".join(song.title for song in Song.objects.all()) == order


# --- pages and API --------------------------------------------------------------------------------------------------


@pytest.fixture
def band(project: Project) -> Project:
    read = [book(project, name, song("A", doubtful=n), song("B")) for n, name in enumerate(("Flute", "Tuba"))]
    keep(project, read=read, author=project.owner)
    return project


def test_the_table_says_what_its_colours_mean(band: Project, cast: Cast, as_: Any) -> None:
    page = as_(cast.ada).get(f"/projects/{band.pk}/review/").content.decode()
    assert page.count('class="cell cell-good"') == 3
    assert page.count('class="cell cell-doubtful"') == 1
    assert "16<span" in page
    assert " bars. 1 doubtful bar</span>" in page


def test_an_empty_table_says_what_to_do(project: Project, cast: Cast, as_: Any) -> None:
    page = as_(cast.ada).get(f"/projects/{project.pk}/review/").content.decode()
    assert "Bring part books" in page


def test_the_cell_shows_boxes_doubts_and_its_neighbours(band: Project, cast: Cast, as_: Any) -> None:
    score = Score.objects.get(book__instrument="Flute", song__title="A")
    tuba = Score.objects.get(book__instrument="Tuba", song__title="A")
    page = as_(cast.ada).get(f"/projects/{band.pk}/review/{score.pk}/").content.decode()
    assert (
        '<rect data-measure="0" class="doubtful" x="10" y="10" width="80" height="30"><title>Bar 1: too long</title>'
        in page
    )
    assert f"/scores/{score.pk}/pages/1.png" in page
    assert f"/projects/{band.pk}/review/{tuba.pk}/" in page
    assert f'href="/projects/{band.pk}/review/{score.pk}/r1/lines/?at=1,2"' in page  # asked for before any script


def test_what_the_reader_says_of_a_bar_is_no_markup(project: Project, cast: Cast, as_: Any) -> None:
    told = song("A", doubtful=1)
    assert told.reading is not None
    told.reading["bars"][0]["reasons"] = ["</title><script>"]
    keep(project, read=[book(project, "Flute", told)], author=project.owner)
    score = Score.objects.get(book__instrument="Flute")
    page = as_(cast.ada).get(f"/projects/{project.pk}/review/{score.pk}/").content.decode()
    assert "Bar 1: &lt;/title&gt;&lt;script&gt;</title>" in page


def test_the_cell_is_drawn(band: Project, cast: Cast, as_: Any) -> None:
    score = Score.objects.get(book__instrument="Flute", song__title="A")
    music = as_(cast.ada).get(f"/projects/{band.pk}/review/{score.pk}/r1/").content.decode()
    assert music.count("<svg") >= 1
    assert 'data-measure="0"' in music


def test_what_a_project_holds_is_the_newest_of_every_cell(band: Project, django_assert_num_queries: Any) -> None:
    flute = Score.objects.get(book__instrument="Flute", song__title="B")
    newest = services.add_revision(flute, document=MUSICXML + b"<!-- mended -->", reason="Mended")
    services.create_score(band, title="No cell", document=MUSICXML, reason="Opened")
    with django_assert_num_queries(2):
        found = held(band)
        assert [(one.song.title, one.book.instrument) for one in found] == [
            ("A", "Flute"), ("A", "Tuba"), ("B", "Flute"), ("B", "Tuba"),
        ]  # fmt: skip
    assert found[2].revision == newest
    assert found[2].document().endswith(b"mended -->")
    assert {one.song.title for one in held(band, song=Song.objects.get(title="B"))} == {"B"}


def test_a_cell_is_asked_for_in_its_own_project(band: Project, cast: Cast, as_: Any) -> None:
    other = Project.objects.create(owner=cast.ada, title="Other")
    score = Score.objects.filter(project=band)[0]
    plain = services.create_score(band, title="No cell", document=MUSICXML, reason="Opened")
    ada = as_(cast.ada)
    assert ada.get(f"/projects/{other.pk}/review/{score.pk}/").status_code == 404
    assert ada.get(f"/projects/{band.pk}/review/{plain.pk}/").status_code == 404


def test_a_title_is_changed_in_place(band: Project, cast: Cast, as_: Any) -> None:
    first = Song.objects.get(title="A")
    ada = as_(cast.ada)
    answer = ada.post(f"/songs/{first.pk}/rename/", {"title": "<b>New</b>"}, headers={"HX-Request": "true"})
    assert "&lt;b&gt;New" in answer.content.decode()
    answer = ada.post(f"/songs/{first.pk}/rename/", {"title": ""}, headers={"HX-Request": "true"})
    assert "needs a title" in answer.content.decode()
    assert ada.post(f"/songs/{first.pk}/rename/", {"title": "Plain"}).status_code == 302
    first.refresh_from_db()
    assert first.title == "Plain"


def test_a_song_is_moved_by_the_page(band: Project, cast: Cast, as_: Any) -> None:
    as_(cast.ada).post(f"/songs/{Song.objects.get(title='A').pk}/move/", {"by": "1"})
    assert list(shown(band)[1]) == ["B", "A"]


def test_the_api_tells_songs_books_and_cells(band: Project, cast: Cast, as_: Any) -> None:
    ada, root = as_(cast.ada), f"/api/v1/projects/{band.pk}"
    songs = ada.get(f"{root}/songs/").json()["results"]
    assert [one["title"] for one in songs] == ["A", "B"]
    assert [one["instrument"] for one in ada.get(f"{root}/books/").json()["results"]] == ["Flute", "Tuba"]
    cells = ada.get(f"{root}/cells/").json()
    assert [(cell["bars"], cell["doubtful"], cell["light"]) for cell in cells] == [
        (16, 0, "good"),
        (16, 1, "doubtful"),
        (16, 0, "good"),
        (16, 0, "good"),
    ]
    doubts = ada.get(f"{root}/cells/{cells[0]['id']}/").json()["doubts"]
    assert doubts == [{"measure": 0, "page": 1, "doubt": 0.8, "reasons": ["too long"]}]
    changed = {"title": "Z", "composer": "Me", "order": 1}
    answer = ada.patch(f"{root}/songs/{songs[0]['id']}/", changed, content_type="application/json")
    assert answer.json().items() >= {"title": "Z", "printed": "A", "composer": "Me", "order": 1}.items()
    assert list(shown(band)[1]) == ["B", "Z"]


def test_scores_of_part_books_do_not_flood_the_project(band: Project, cast: Cast, as_: Any) -> None:
    page = as_(cast.ada).get(f"/projects/{band.pk}/scores/").content.decode()
    assert "– Flute" not in page
    assert f"/projects/{band.pk}/review/" in page
