"""The songs page and the pages of a book, as a browser asks for them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from notation import services
from notation.models import Score, Song, SongChange
from projects.models import Project
from tests.cast import Cast
from tests.notation.test_songs import START, band, cell, part, project, table

__all__ = ["band", "project"]  # fixtures
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(cast: Cast, as_: Any) -> Any:
    return as_(cast.ada)


def test_the_list_shows_each_song_in_each_book(band: Project, ada: Any) -> None:
    page = ada.get(f"/projects/{band.pk}/songs/").content.decode()
    assert page.index('value="March"') < page.index('value="Waltz"')
    assert "books disagree about its length</span> · in 3 of 3 books" in page
    assert "12 bars · in 2 of 3 books" in page
    assert "Does not play: Drums" in page
    assert re.search(r"<td>page 2</td>\s*<td>21 to 32</td>", page)
    assert 'value="Allegro"' in page


def test_an_empty_list_says_what_to_do(project: Project, ada: Any) -> None:
    assert "Bring part books" in ada.get(f"/projects/{project.pk}/songs/").content.decode()


def test_words_are_typed_in_place_and_taken_back(band: Project, ada: Any) -> None:
    march = Song.objects.get(title="March")
    address = f"/songs/{march.pk}/describe/"
    page = ada.post(address, {"title": "<i>", "composer": "Me", "tempo": "♩ = 88"}, headers=HTMX).content.decode()
    assert "“March”: title and composer and tempo changed" in page
    march.refresh_from_db()
    assert (march.title, march.composer, march.tempo) == ("<i>", "Me", "♩ = 88")
    assert "A song needs a title." in ada.post(address, {"title": " "}, headers=HTMX).content.decode()
    assert ada.post(address, {"tempo": ""}).headers["Location"] == f"/projects/{band.pk}/songs/"
    for _ in range(2):
        ada.post(f"/projects/{band.pk}/songs/undo/", {"change": SongChange.objects.filter(undone_at=None)[0].pk})
    march.refresh_from_db()
    assert (march.title, march.composer, march.tempo) == ("March", "", "Allegro")
    answer = ada.post(f"/projects/{band.pk}/songs/undo/", {"change": "1"}, headers=HTMX)
    assert (answer.status_code, "taken back already" in answer.content.decode()) == (422, True)


def test_a_song_is_dropped_on_its_place(band: Project, ada: Any) -> None:
    waltz = Song.objects.get(title="Waltz")
    page = ada.post(f"/songs/{waltz.pk}/place/", {"to": "0"}, headers=HTMX).content.decode()
    assert page.index('value="Waltz"') < page.index('value="March"')
    ada.post(f"/songs/{waltz.pk}/place/", {"by": "1"})
    assert list(table(band)) == ["March", "Waltz"]


def test_merging_deleting_and_saying_that_two_are_one(band: Project, ada: Any) -> None:
    march, waltz = Song.objects.get(title="March"), Song.objects.get(title="Waltz")
    answer = ada.post(f"/songs/{waltz.pk}/same/", {"other": march.pk}, headers=HTMX)
    assert (answer.status_code, "have a part of “Waltz” and one of “March”" in answer.content.decode()) == (422, True)
    drums = cell("Drums", "March").score
    ada.post(f"/songs/{march.pk}/same/", {"other": waltz.pk, "of": drums.book_id}, headers=HTMX)
    assert table(band)["Waltz"] == {**START["Waltz"], "Drums": 20}
    ada.post(f"/projects/{band.pk}/cells/{drums.pk}/delete/", headers=HTMX)
    ada.post(f"/songs/{march.pk}/merge/", {"following": waltz.pk}, headers=HTMX)
    assert table(band) == {"March": {"Flute": 32, "Tuba": 31}}
    ada.post(f"/songs/{march.pk}/delete/")
    assert table(band) == {}
    page = ada.get(f"/projects/{band.pk}/songs/").content.decode()
    assert "No songs yet" in page
    assert "“March” deleted" in page
    assert ada.post(f"/songs/{march.pk}/merge/", {"following": waltz.pk}).status_code == 404


def test_a_books_pages_tell_where_songs_begin(band: Project, ada: Any) -> None:
    flute, waltz = cell("Flute", "March").score, cell("Flute", "Waltz").score
    page = ada.get(f"/projects/{band.pk}/songs/book/{flute.book_id}/").content.decode()
    assert page.count("<figure") == 2
    assert page.count("data-begins") == 2
    assert f'href="?cell={flute.pk}&amp;bar=20#page-2"' in page
    assert f'aria-label="Bar 1: Waltz begins" data-begins id="page-of-{waltz.pk}"' in page


def test_at_a_bar_the_page_says_what_can_begin_there(band: Project, ada: Any) -> None:
    flute, waltz = cell("Flute", "March").score, cell("Flute", "Waltz").score
    address = f"/projects/{band.pk}/songs/book/{flute.book_id}/bar/"
    page = ada.get(address, {"cell": flute.pk, "bar": "9"}).content.decode()
    assert "Bar 9 of March" in page
    assert "“Waltz” begins here already" in page
    assert re.search(r'name="by" value="-12"', page)
    assert re.search(r"Bar 9</a> <span class=\"meta\">mark B</span>", page)
    page = ada.get(address, {"cell": waltz.pk, "bar": "4"}).content.decode()
    assert "“Waltz” begins only here: the bars before are of “March”" in page
    assert "belongs to “March”, in all books" in ada.get(address, {"cell": waltz.pk, "bar": "1"}).content.decode()
    assert "“March” has 20 bars in this book." in ada.get(address, {"cell": flute.pk, "bar": "21"}).content.decode()
    tuba = cell("Tuba", "March").score
    assert "That part is gone." in ada.get(address, {"cell": tuba.pk, "bar": "1"}).content.decode()
    page = ada.get(f"/projects/{band.pk}/cells/{flute.pk}/beside/", {"bar": "9"}).content.decode()
    assert 'Tuba: bar 8 of 19 <span class="meta">mark B</span>' in page


def test_a_song_is_split_and_a_boundary_moved_from_the_page(band: Project, ada: Any) -> None:
    flute = cell("Flute", "March").score
    asked = {"bar": "9", "revision": "1", "title": "Trio", "everywhere": "1", "at_book": flute.book_id, "page": "1"}
    answer = ada.post(f"/projects/{band.pk}/cells/{flute.pk}/split/", asked, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/projects/{band.pk}/songs/book/{flute.book_id}/#page-1"
    assert table(band)["Trio"] == {"Flute": 12, "Tuba": 12, "Drums": 12}
    trio = cell("Flute", "Trio").score
    ada.post(f"/projects/{band.pk}/cells/{trio.pk}/begins/", {"by": "-2", "revision": "1", "other": "2"})
    assert table(band)["Trio"]["Flute"] == 14


@pytest.mark.parametrize("bar", ["1", "0", "-5", "21", "9999999999999999999", "x", ""])
def test_a_bar_that_there_is_not_is_a_sentence(band: Project, ada: Any, bar: str) -> None:
    flute = cell("Flute", "March").score
    asked = {"bar": bar, "revision": "1", "at_book": flute.book_id}
    answer = ada.post(f"/projects/{band.pk}/cells/{flute.pk}/split/", asked, headers=HTMX)
    assert answer.status_code == 422
    assert "has 20 bars" in answer.content.decode()
    assert table(band) == START


def test_somebody_else_was_quicker(band: Project, ada: Any) -> None:
    flute = cell("Flute", "March").score
    services.add_revision(flute, document=part(20, first=2), reason="Bar 1 mended", summary={"bars": 20})
    asked = {"bar": "9", "revision": "1", "at_book": flute.book_id}
    answer = ada.post(f"/projects/{band.pk}/cells/{flute.pk}/split/", asked, headers=HTMX)
    assert "Somebody changed “March – Flute” meanwhile: Bar 1 mended." in answer.content.decode()
    assert Score.objects.filter(book=flute.book).count() == 2


def test_a_list_of_many_books_asks_few_questions(band: Project, ada: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(24):
        ada.get(f"/projects/{band.pk}/songs/")
