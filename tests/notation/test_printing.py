"""The page of print and download: choices that stay, the instrumentation list, what it says when somebody errs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notation import services, songs, sorting
from notation.models import Book, Chair, PrintChoice, PrintSet, Score, Song
from notation.musicxml import NotationError
from notation.printing import chairs, order
from notation.printing.choices import Choices, choices_from, kept_choices
from notation.score import arrangement
from notation.score.arrangement import Leaf, Start
from projects.models import Project, Source
from tests.cast import MUSICXML, Cast, bring, pdf

HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(cast: Cast) -> Project:
    from notation.books import BookRead, SongRead, keep

    project = Project.objects.create(owner=cast.ada, title="Summer Concert")
    read = []
    for number, name in enumerate(("Flute", "Clarinet", "Tuba")):
        source = bring(project, name=f"{name}.pdf", data=pdf(number + 1))
        song = SongRead("March", "A. Smith", MUSICXML, 1, "4/4", {"bars": 1}, {})
        read.append(BookRead((source,), 0, name, (song,)))
    keep(project, read=read, author=cast.ada)
    return project


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Client:
    client: Client = as_(cast.ada)
    return client


def listed(project: Project) -> list[tuple[str, str, int]]:
    return [(line.book.instrument, line.player, line.copies) for line in chairs.lines_of(project)]


def post(client: Client, project: Project, rows: list[tuple[Any, str, Any]], **more: Any) -> Any:
    fields = {
        "book": [book.pk for book, _, _ in rows],
        "player": [player for _, player, _ in rows],
        "copies": [copies for _, _, copies in rows],
    }
    return client.post(reverse("notation:print_list", args=[project.pk]), {**fields, **more}, headers=HTMX)


def rows_of(project: Project) -> list[tuple[Any, str, Any]]:
    return [(line.book, line.player, line.copies) for line in chairs.lines_of(project)]


def test_every_book_has_a_line_until_somebody_says_otherwise(project: Project) -> None:
    assert listed(project) == [("Flute", "", 1), ("Clarinet", "", 1), ("Tuba", "", 1)]
    flute, clarinet, tuba = Book.objects.filter(project=project)
    chairs.write_lines(project, [(tuba.pk, "Ben", 1), (clarinet.pk, "", 4)])
    assert listed(project) == [("Tuba", "Ben", 1), ("Clarinet", "", 4), ("Flute", "", 0)]
    Book.objects.create(project=project, instrument="Bass Clarinet", order=1)
    assert listed(project)[1:3] == [("Clarinet", "", 4), ("Bass Clarinet", "", 1)]  # behind the one before it
    clarinet.delete()
    assert [line[0] for line in listed(project)] == ["Tuba", "Flute", "Bass Clarinet"]
    assert flute.pk


def test_the_list_is_changed_line_by_line(ada: Client, project: Project) -> None:
    rows = rows_of(project)
    rows[1] = (rows[1][0], "Anna", "4")
    answer = post(ada, project, rows)
    assert answer.status_code == 200
    assert b'name="player"' not in answer.content  # nobody's typing is disturbed
    assert b"6 copies" in answer.content
    for do, expected in (
        ("add-1", [("Flute", "", 1), ("Clarinet", "Anna", 4), ("Clarinet", "", 1), ("Tuba", "", 1)]),
        ("down-0", [("Clarinet", "Anna", 4), ("Flute", "", 1), ("Clarinet", "", 1), ("Tuba", "", 1)]),
        ("drop-0", [("Flute", "", 1), ("Clarinet", "", 1), ("Tuba", "", 1)]),
    ):
        before = chairs.as_text(chairs.lines_of(project))
        answer = post(ada, project, rows_of(project), do=do)
        assert listed(project) == expected
        assert before in answer.content.decode()  # to be taken back
    assert post(ada, project, rows_of(project), do="undo", undo=before).status_code == 200
    assert listed(project)[0] == ("Clarinet", "Anna", 4)


def test_two_people_at_the_list_lose_nothing(ada: Client, project: Project) -> None:
    rows, mark = rows_of(project), chairs.mark_of(chairs.lines_of(project))
    assert post(ada, project, [(rows[0][0], "Anna", 1), *rows[1:]], mark=mark).status_code == 200
    answer = post(ada, project, [rows[0], (rows[1][0], "Ben", 1), rows[2]], mark=mark)
    assert answer.status_code == 422
    assert "changed meanwhile" in answer.content.decode()
    assert "Anna" in answer.content.decode()
    assert listed(project)[0] == ("Flute", "Anna", 1)


@pytest.mark.parametrize("copies", ["-1", "201", "x", "1.5"])
def test_a_wrong_figure_is_said_and_stays_to_be_put_right(ada: Client, project: Project, copies: str) -> None:
    rows = rows_of(project)
    answer = post(ada, project, [rows[0], (rows[1][0], "Anna", copies), rows[2]])
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "Clarinet: from 0 to 200 copies." in said
    assert 'value="Anna"' in said
    assert listed(project)[1] == ("Clarinet", "", 1)


def test_the_list_as_text(ada: Client, project: Project) -> None:
    assert chairs.as_text(chairs.lines_of(project)) == ("Instrument,Player,Copies\nFlute,,1\nClarinet,,1\nTuba,,1\n")
    address = reverse("notation:print_list", args=[project.pk])
    for text in (
        "clarinet;Anna;4\nTuba;Ben\n",
        "Instrument\tPlayer\tCopies\nClarinet\tAnna\t4\nTuba\tBen\t1",
        'Clarinet,"Anna",4\n\nTuba,Ben,\n',
    ):
        assert ada.post(address, {"do": "text", "text": text}, headers=HTMX).status_code == 200
        assert listed(project) == [("Clarinet", "Anna", 4), ("Tuba", "Ben", 1), ("Flute", "", 0)]
    answer = ada.post(address, {"do": "text", "text": "Clarinet,,2\nOboe,,1"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Line 2: there is no book “Oboe”." in answer.content.decode()
    assert "Clarinet,,2" in answer.content.decode()


def test_choices_are_kept(ada: Client, project: Project) -> None:
    march = Song.objects.get(project=project)
    tuba = Book.objects.get(instrument="Tuba")
    posted = {
        "has_what": 1, "what": ["books", "parts"], "has_kinds": 1, "kinds": ["pdf"], "has_switches": 1, "cover": 1,
        "paper": "A5-booklet", "staff_mm": "6.0", "pattern": "{number} {part}", "title": "May",
        "has_songs": 1, "songs": [march.pk],
        "has_books": 1, "books": [b.pk for b in Book.objects.exclude(pk=tuba.pk)],
    }  # fmt: skip
    address = reverse("notation:print_choices", args=[project.pk])
    answer = ada.post(address, posted, headers=HTMX)
    assert "Makes 2 books, 2 song parts of 1 song." in answer.content.decode()
    assert "1 Flute.pdf" in answer.content.decode()
    assert "print-changed" in answer["HX-Trigger"]
    assert order.last_choice(project) == Choices(
        title="May", what=("books", "parts"), kinds=("pdf",), without_books=(tuba.pk,), paper="A5-booklet",
        staff_mm=6.0, index=False, together=False, pattern="{number} {part}",
    )  # fmt: skip
    answer = ada.post(address, {**posted, "pattern": "{song.__class__}"}, headers=HTMX)
    assert answer.status_code == 422
    assert "This pattern for file names cannot be used." in answer.content.decode()
    assert order.last_choice(project).pattern == "{number} {part}"
    page = ada.get(reverse("notation:download", args=[project.pk])).content.decode()
    assert '<option value="A5-booklet" selected>' in page
    answer = ada.post(address, {**posted, "songs": []}, headers=HTMX)
    assert "No song is chosen." in answer.content.decode()


def test_a_choice_from_another_version_does_no_harm(project: Project) -> None:
    PrintChoice.objects.create(project=project, chosen={"paper": "B7", "what": ["films"], "cover": False, "gone": 1})
    assert order.last_choice(project) == Choices(cover=False)
    assert kept_choices(Choices(originals=(3,)).as_dict()) == Choices(originals=(3,))
    with pytest.raises(NotationError):
        choices_from({"originals": ["x"]})


def test_an_empty_project_says_what_to_do(cast: Cast, ada: Client) -> None:
    empty = Project.objects.create(owner=cast.ada, title="Empty")
    page = ada.get(reverse("notation:download", args=[empty.pk])).content.decode()
    assert "Nothing to print yet" in page
    assert "Bring part books" in page


def test_pages_are_looked_at_before_they_are_made(ada: Client, project: Project) -> None:
    address = reverse("jobs:print_preview", args=[project.pk])
    flute = Book.objects.get(instrument="Flute")
    march = Song.objects.get(project=project)
    page = ada.get(address, headers=HTMX).content.decode()
    assert "Flute · Cover" in page
    assert f"?of=book-{flute.pk}&amp;song={march.pk}&amp;page=1" in page
    page = ada.get(f"{address}?of=book-{flute.pk}&song={march.pk}", headers=HTMX).content.decode()
    assert "Flute · March" in page
    assert 'id="leaf-after" disabled' in page
    picture = ada.get(reverse("jobs:print_preview_page", args=[project.pk]) + f"?of=book-{flute.pk}&song={march.pk}")
    assert picture.content.startswith(b"\x89PNG")
    assert "Score · March" in ada.get(f"{address}?of=score", headers=HTMX).content.decode()
    for nothing in ("book-999999", "book-x", "set-1-1", "set-x", "nothing"):
        assert ada.get(f"{address}?of={nothing}", headers=HTMX).status_code == 404
    Score.objects.all().delete()
    assert "There is nothing to look at" in ada.get(address, headers=HTMX).content.decode()


def test_the_list_by_the_api(ada: Client, project: Project) -> None:
    address = reverse("api:chair-list", args=[project.pk])
    told = ada.get(address).json()
    assert [line["instrument"] for line in told["lines"]] == ["Flute", "Clarinet", "Tuba"]
    lines = [{"book": told["lines"][1]["book"], "player": "Anna", "copies": 4}]
    answer = ada.put(address, {"mark": told["mark"], "lines": lines}, content_type="application/json")
    assert [(line["instrument"], line["copies"]) for line in answer.json()["lines"]] == [
        ("Clarinet", 4), ("Flute", 0), ("Tuba", 0),
    ]  # fmt: skip
    assert (
        ada.put(address, {"mark": told["mark"], "lines": lines}, content_type="application/json").status_code == 409
    )  # it is another by now
    assert Chair.objects.count() == 3
    assert ada.put(address, {"lines": [{"book": 99999}]}, content_type="application/json").status_code == 422


# --- books that nobody has read -------------------------------------------------------------------------------------


@pytest.fixture
def drums(project: Project) -> Source:
    """A book of four pages: a cover, March, a solo that nobody else has, Polka with a slip of the scanner."""
    Song.objects.create(project=project, title="Polka", printed="Trisch-Trasch", order=1)
    source: Source = bring(project, name="drums.pdf", data=pdf(5))
    marks: tuple[tuple[Start, ...], ...] = (
        (), (Start(0.1, "MARCH"),), (Start(0.1, "Drum Solo", "B. Rich"), Start(0.7, "Silent", tacet=True)),
        (Start(0.0, "Trlsch-Trasch"),),
    )  # fmt: skip
    leaves = [Leaf(source.pk, sheet, starts=starts) for sheet, starts in enumerate(marks)]
    sorting.grow(project, lambda old: arrangement.add(old, name="Drums", leaves=leaves))
    return source


def titles(project: Project, chosen: Choices | None = None) -> dict[str, list[str]]:
    """Song -> who plays in it."""
    contents = order.contents_of(project, chosen or Choices())
    return {song["title"]: [part["name"] for part in song["parts"]] for song in contents["songs"]}


BAND = ["Flute", "Clarinet", "Tuba"]


def test_a_book_that_nobody_read_has_its_line_and_its_songs(project: Project, drums: Source) -> None:
    assert [line[0] for line in listed(project)] == [*BAND, "Drums"]
    assert titles(project) == {"March": [*BAND, "Drums"], "Drum Solo": ["Drums"], "Polka": ["Drums"]}
    contents = order.contents_of(project, Choices())
    order.check_contents(contents, Choices())
    solo = contents["songs"][1]
    assert solo["composer"] == "B. Rich"
    assert contents["unread"][0]["songs"] == [song["id"] for song in contents["songs"]]
    assert [page["sheet"] for page in contents["unread"][0]["pages"]] == [0, 1, 2, 3]
    assert order.summary_of(contents, Choices()) == {"songs": 3, "books": 4, "copies": 4, "scores": 1, "parts": 6}
    assert order.summary_of(contents, Choices(kinds=("musicxml",)))["parts"] == 3
    # What is not chosen is not printed.
    assert titles(project, Choices(without_songs=(solo["id"],))) == {"March": [*BAND, "Drums"], "Polka": ["Drums"]}
    without = Choices(without_songs=(solo["id"],))
    assert order.contents_of(project, without)["unread"][0]["songs"][1] is None
    assert titles(project, Choices(without_books=("b1",))) == {"March": BAND, "Polka": []}
    # Nor what somebody threw away; what she calls a song is what it is called.
    Song.objects.filter(title="Polka").update(title="Chit-chat")
    Song.objects.filter(title="March").update(removed=Song.Removed.DELETED)
    assert titles(project) == {"Drum Solo": ["Drums"], "Chit-chat": ["Drums"]}


def test_a_song_that_was_put_to_another_is_no_line_of_its_own(project: Project, drums: Source, cast: Cast) -> None:
    march, polka = Song.objects.get(title="March"), Song.objects.get(title="Polka")
    flute = Book.objects.get(instrument="Flute")
    services.create_score(project, title="Polka", document=MUSICXML, reason="Read", song=polka, book=flute)
    apart = order.contents_of(project, Choices())
    songs.merge(march, following=polka, author=cast.ada)
    assert titles(project) == {"March": [*BAND, "Drums"], "Drum Solo": ["Drums"]}
    contents = order.contents_of(project, Choices())
    solo = contents["songs"][1]["id"]
    assert contents["unread"][0]["songs"] == [march.pk, solo, march.pk]
    digests = [one["songs"][0]["parts"][-1]["sha256"] for one in (apart, contents)]
    assert digests[0] != digests[1]  # what was printed of it is not what it is now
    assert titles(project, Choices(without_songs=(march.pk,))) == {"Drum Solo": ["Drums"]}

    # put to one that the book does not have, or that was thrown away then
    silent = Song.objects.create(project=project, title="Overture", order=7)
    songs.merge(silent, following=march, author=cast.ada)
    assert titles(project) == {"Drum Solo": ["Drums"], "Overture": [*BAND, "Drums"]}
    songs.delete(silent, author=cast.ada)
    assert titles(project) == {"Drum Solo": ["Drums"]}


def test_a_book_without_a_mark_is_all_its_pages(project: Project, drums: Source) -> None:
    again = bring(project, name="cymbals.pdf", data=pdf(1))
    sorting.grow(project, lambda old: arrangement.add(old, name="Tuba", leaves=[Leaf(again.pk, 0)]))
    assert list(titles(project)) == ["March", "Drum Solo", "Polka", "All pages"]
    assert titles(project)["All pages"] == ["Tuba (2)"]  # as another book is called Tuba
    assert order.summary_of(order.contents_of(project, Choices()), Choices())["songs"] == 3


def test_nothing_but_unread_books_gives_no_scores(cast: Cast, drums: Source, project: Project) -> None:
    Book.objects.all().delete()
    chosen = Choices(what=("scores",))
    with pytest.raises(NotationError, match="not read"):
        order.check_contents(order.contents_of(project, chosen), chosen)
    order.check_contents(order.contents_of(project, Choices()), Choices())


def test_who_sits_at_an_unread_book_sits_there_when_it_is_read(ada: Client, project: Project, drums: Source) -> None:
    rows = rows_of(project)
    assert post(ada, project, [(rows[3][0], "Zoe", "2"), *rows[:3]]).status_code == 200
    assert listed(project)[0] == ("Drums", "Zoe", 2)
    text = {"do": "text", "text": "drums,Zoe,3"}
    assert ada.post(reverse("notation:print_list", args=[project.pk]), text, headers=HTMX).status_code == 200
    assert listed(project)[0] == ("Drums", "Zoe", 3)
    Book.objects.create(project=project, instrument="Percussion", sheaf="b1", order=9)
    assert listed(project)[0] == ("Percussion", "Zoe", 3)
    assert "Drum Solo" not in titles(project)


def test_a_book_read_from_its_file_alone_is_read(project: Project, drums: Source) -> None:
    Book.objects.create(project=project, instrument="Percussion", order=9).sources.add(drums)
    assert [line[0] for line in listed(project)] == [*BAND, "Percussion"]


def test_the_page_names_what_goes_along_as_scanned(ada: Client, project: Project, drums: Source) -> None:
    address = reverse("notation:download", args=[project.pk])
    page = ada.get(address).content.decode()
    assert 'Drums <span class="meta">as scanned</span></th>' in page
    assert 'name="books" value="b1" checked' in page
    assert 'Drum Solo <span class="meta">as scanned</span>' in page
    assert "4 books" in page
    choices = reverse("notation:print_choices", args=[project.pk])
    ticked = [str(book.pk) for book in Book.objects.all()]
    assert "3 books" in ada.post(choices, {"has_books": "1", "books": ticked}, headers=HTMX).content.decode()
    assert order.last_choice(project).without_books == ("b1",)
    assert 'name="books" value="b1">' in ada.get(address).content.decode()


def test_pages_sorted_anew_are_a_change(project: Project, drums: Source) -> None:
    made = PrintSet(project=project, contents=order.contents_of(project, Choices()), chosen=Choices().as_dict())
    assert order.changed_since(made) == []
    version = sorting.standing(project).version
    turned = {"leaves": [f"{drums.pk}-3"], "by": 180}
    sorting.change(project, user=project.owner, version=version, verb="turn", given=turned)
    assert order.changed_since(made) == ["Polka: the pages of Drums were sorted anew"]


def test_unread_books_by_the_api(ada: Client, project: Project, drums: Source) -> None:
    address = reverse("api:chair-list", args=[project.pk])
    told = ada.get(address).json()
    assert told["lines"][3]["book"] == "b1"
    lines = [{"book": "b1", "player": "Zoe", "copies": 4}]
    answer = ada.put(address, {"mark": told["mark"], "lines": lines}, content_type="application/json")
    assert {line["instrument"]: line["copies"] for line in answer.json()["lines"]}["Drums"] == 4
    assert ada.put(address, {"lines": [{"book": "../b1"}]}, content_type="application/json").status_code == 400
    assert ada.put(address, {"lines": [{"book": "b77"}]}, content_type="application/json").status_code == 422
