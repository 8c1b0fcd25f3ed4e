"""Notation files come into the table of songs and books: alone, beside scans, again, and broken ones."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from media_pipeline.models import Job
from notation import bring, services
from notation.books import BookRead, SongRead, keep
from notation.models import Book, Chair, Score, Song
from notation.musicxml import NotationError, tree
from notation.musicxml.edit import set_title
from notation.musicxml.join import join
from notation.musicxml.read import read
from notation.undo import Changed, last_change, undo
from projects.models import Project, Source
from tests.cast import Cast, pdf
from tests.cast import bring as upload
from tests.notation.documents import guitar
from tests.notation.test_songs import part

HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(cast: Cast) -> Project:
    return Project.objects.create(owner=cast.ada, title="Band")


def single(title: str, instrument: str, *, bars: int = 8, first: int = 0) -> bytes:
    root = read(part(bars, first=first, instrument=instrument))
    set_title(root, title)
    return tree.to_bytes(root)


def score(title: str, *instruments: str) -> bytes:
    return tree.to_bytes(join({name: read(single(title, name)) for name in instruments}, title=title).root)


def file(project: Project, name: str, data: bytes) -> Source:
    found: Source = upload(project, name=name, data=data)
    assert found.kind in bring.KINDS, found.problem
    return found


def table(project: Project) -> dict[str, list[str]]:
    return {
        song.title: [score.book.instrument for score in song.scores.order_by("book__order") if score.book]
        for song in Song.objects.filter(project=project)
    }


def test_parts_and_scores_become_one_table(project: Project) -> None:
    sources = [
        file(project, "Waltz.musicxml", score("Waltz", "Flute", "Tuba", "Horn in F")),
        *(file(project, f"March - {n}.musicxml", single("March", n)) for n in ("Flute", "Tuba")),
    ]
    taken = bring.take_in(project, sources=sources, author=project.owner)
    assert (taken.files, taken.books) == (3, 3)
    assert table(project) == {"March": ["Flute", "Tuba"], "Waltz": ["Flute", "Horn", "Tuba"]}
    flute = Score.objects.get(song__title="Waltz", book__instrument="Flute").latest
    assert flute is not None
    assert (flute.reason, flute.summary["bars"], flute.author) == ("Opened from Waltz.musicxml", 8, project.owner)
    assert Song.objects.get(title="March").tempo == "Allegro"


def test_the_same_file_again_changes_nothing_and_a_newer_one_is_a_revision(project: Project) -> None:
    old = file(project, "March - Flute.musicxml", single("March", "Flute"))
    for _ in range(2):
        bring.take_in(project, sources=[old], author=None)
    one = Score.objects.get(book__isnull=False)
    assert one.revisions.count() == 1
    new = file(project, "March, new - Flute.musicxml", single("March", "Flute", first=3))
    bring.take_in(project, sources=[new], author=None)
    latest = one.latest
    assert latest is not None
    assert (latest.number, latest.notices[0]) == (
        2, "This part was taken from “March, new - Flute.musicxml”. What was there before is revision 1.",
    )  # fmt: skip
    assert Book.objects.get().sources.count() == 2


def test_a_notation_file_fills_what_a_scanned_book_lacks(project: Project) -> None:
    summary = {"bars": 8, "doubtful": 0, "metre": "4/4"}
    scanned = upload(project, name="Clarinet.pdf", data=pdf())
    songs = tuple(SongRead(t, "", part(8, instrument="Clarinet"), 8, "4/4", summary) for t in ("March", "Waltz"))
    keep(project, read=[BookRead((scanned,), 0, "Clarinet 2", songs)], author=None)
    sources = [
        file(project, "Polka.musicxml", score("Polka", "Flute", "2nd Bb Clarinet")),
        file(project, "Waltz.musicxml", single("WALTZ", "Clarinet 2")),
    ]
    bring.take_in(project, sources=sources, author=None)
    assert table(project) == {"March": ["Clarinet 2"], "Waltz": ["Clarinet 2"], "Polka": ["Flute", "Clarinet 2"]}
    waltz = Score.objects.get(song__title="Waltz")
    assert [revision.reason for revision in waltz.revisions.order_by("number")] == [
        "Read from its pages", "Opened from Waltz.musicxml",
    ]  # fmt: skip


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_taken(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Source.objects.get(pk=file(project, "bad.musicxml", single("March", "Flute", bars=9)).pk)
    monkeypatch.setattr(services, "MAX_NOTATION_BYTES", bad.blob.size - 1)
    good = file(project, "March.musicxml", single("March", "Tuba"))
    taken = bring.take_in(project, sources=[bad, good], author=None)
    assert taken.files == 1
    assert taken.notices[0].startswith("“bad.musicxml” is left out:")
    with pytest.raises(NotationError, match="is left out"):
        bring.take_in(project, sources=[bad], author=None)
    with pytest.raises(NotationError, match="too many"):
        bring.take_in(project, sources=[good] * 101, author=None)


def test_one_button_takes_notation_and_reads_paper(project: Project, cast: Cast, as_: Any) -> None:
    ada, form = as_(cast.ada), f"/projects/{project.pk}/jobs/part-books/"
    first = file(project, "March - Flute.musicxml", single("March", "Flute"))
    assert ada.get(form, headers=HTMX).content.strip() == b""
    second = file(project, "March.mxl", score("March", "Tuba", "Horn in F"))
    page = ada.get(form).content.decode()
    assert "Take them into the table" in page
    asked = {"recipe": "part-books", "sources": [first.pk, second.pk]}
    answer = ada.post(f"/projects/{project.pk}/jobs/start/", asked, follow=True)
    assert answer.redirect_chain[-1][0] == f"/projects/{project.pk}/review/"
    assert "2 notation files taken into the table: 3 books." in answer.content.decode()
    assert not Job.objects.exists()
    paper = upload(project, name="Drums.pdf", data=pdf())
    page = ada.get(form).content.decode()
    assert "Read the part books" in page
    assert 'March.mxl <span class="meta">in the table' in page
    third = file(project, "Waltz.mxl", score("Waltz", "Tuba", "Horn in F"))
    asked = {"recipe": "part-books", "sources": [paper.pk, third.pk]}
    ada.post(f"/projects/{project.pk}/jobs/start/", asked)
    assert [source.pk for source in Job.objects.get().sources.all()] == [paper.pk]
    assert list(table(project)) == ["March", "Waltz"]


def test_a_score_without_notes_is_a_sentence(project: Project, cast: Cast, as_: Any) -> None:
    empty = guitar().split(b"<measure")[0] + b'<measure number="1"></measure></part></score-partwise>'
    sources = [file(project, f"{n}.musicxml", empty) for n in range(2)]
    asked = {"recipe": "part-books", "sources": [source.pk for source in sources]}
    answer = as_(cast.ada).post(f"/projects/{project.pk}/jobs/start/", asked)
    assert answer.status_code == 422
    assert "no notes in these files" in answer.content.decode()


# --- taking it back -------------------------------------------------------------------------------------------------


def scanned(project: Project) -> BookRead:
    summary = {"bars": 8, "doubtful": 0, "metre": "4/4"}
    songs = tuple(SongRead(t, "", part(8, instrument="Clarinet"), 8, "4/4", summary) for t in ("March", "Waltz"))
    return BookRead((upload(project, name="Clarinet.pdf", data=pdf()),), 0, "Clarinet 2", songs)


def state(project: Project) -> object:
    """All that a person sees of songs and books, but for the numbers of revisions."""
    cells = {
        (one.song_id, one.book_id, one.pk, one.title, one.latest.sha256 if one.latest else "")
        for one in Score.objects.filter(project=project, book__isnull=False)
    }
    books = [(book.pk, book.instrument, sorted(s.pk for s in book.sources.all())) for book in Book.objects.all()]
    return list(Song.objects.filter(project=project).values()), books, cells


def files_for(project: Project) -> list[Source]:
    """A song and two books that are new, and another version of a part that is there."""
    return [
        file(project, "Polka.musicxml", score("Polka", "Flute", "2nd Bb Clarinet", "Tuba")),
        file(project, "Waltz.musicxml", single("WALTZ", "Clarinet 2", first=3)),
    ]


def take_back(project: Project) -> None:
    change = last_change(project)
    assert change is not None
    undo(change, author=project.owner)


def test_files_are_taken_back_in_one_step_and_can_be_taken_in_again(project: Project) -> None:
    paper = scanned(project)
    keep(project, read=[paper], author=None)
    before = state(project)
    files = files_for(project)
    bring.take_in(project, sources=files, author=project.owner)
    after = table(project)
    assert after == {"March": ["Clarinet 2"], "Waltz": ["Clarinet 2"], "Polka": ["Flute", "Clarinet 2", "Tuba"]}
    change = last_change(project)
    assert change is not None
    assert (change.text, change.author) == ("2 notation files taken into the table", project.owner)
    take_back(project)
    assert state(project) == before
    assert last_change(project) is None
    waltz = Score.objects.get(song__title="Waltz").revisions.order_by("number")
    assert [one.reason for one in waltz] == [
        "Read from its pages", "Opened from Waltz.musicxml", "Taken back: 2 notation files taken into the table",
    ]  # fmt: skip
    assert project.sources.count() == 3
    bring.take_in(project, sources=files, author=project.owner)
    assert table(project) == after
    assert [one.reason for one in waltz.all()][3:] == ["Opened from Waltz.musicxml"]
    bring.take_in(project, sources=files, author=project.owner)
    assert waltz.all().count() == 4


def test_what_was_taken_back_is_no_part_that_somebody_threw_away(project: Project) -> None:
    paper = scanned(project)
    keep(project, read=[BookRead(paper.sources, 0, paper.instrument, paper.songs[:1])], author=None)
    bring.take_in(project, sources=[file(project, "Waltz.mxl", single("Waltz", "Clarinet 2"))], author=None)
    take_back(project)
    assert table(project) == {"March": ["Clarinet 2"]}
    keep(project, read=[paper], author=None)
    assert table(project) == {"March": ["Clarinet 2"], "Waltz": ["Clarinet 2"]}


def test_the_same_files_again_are_no_step(project: Project) -> None:
    files = files_for(project)
    bring.take_in(project, sources=files, author=None)
    first = last_change(project)
    bring.take_in(project, sources=files, author=None)
    assert last_change(project) == first


def test_nothing_is_taken_back_over_a_correction_or_anothers_part(project: Project) -> None:
    bring.take_in(project, sources=files_for(project), author=None)
    tuba = Score.objects.get(book__instrument="Tuba")
    fixed = services.add_revision(tuba, document=part(8, first=5), reason="Bar 1 mended")
    before = state(project)
    with pytest.raises(Changed, match="“Polka – Tuba” was changed after"):
        take_back(project)
    assert state(project) == before
    fixed.delete()
    oboe = upload(project, name="Oboe.pdf", data=pdf())
    keep(project, read=[BookRead((oboe,), 0, "Oboe", (SongRead("Polka", "", part(8), 8),))], author=None)
    with pytest.raises(Changed, match="“Polka – Oboe” was changed after"):
        take_back(project)
    assert table(project)["Polka"] == ["Flute", "Oboe", "Clarinet 2", "Tuba"]


def test_what_was_derived_of_them_goes_along(project: Project) -> None:
    bring.take_in(project, sources=files_for(project), author=None)
    document, song = part(8, first=1), Song.objects.get(title="Polka")
    options = {"derived": {"document": hashlib.sha256(document).hexdigest()}}
    horn = Book.objects.create(project=project, instrument="Horn", rule={"target": "Horn"})
    made = services.create_score(project, title="Polka – Horn", document=document, reason="Derived", options=options,
                                 song=song, book=horn)  # fmt: skip
    Chair.objects.create(project=project, book=Book.objects.get(instrument="Tuba"), player="Tom")
    mine = services.add_revision(made, document=part(8, first=2), reason="Mended", options=options)
    with pytest.raises(Changed, match="“Polka – Horn” was changed after"):
        take_back(project)
    mine.delete()
    take_back(project)
    assert not table(project)
    assert [book.instrument for book in Book.objects.all()] == ["Tuba"]  # Tom plays from it


def test_it_is_taken_back_on_the_page_of_songs_and_by_the_api(project: Project, cast: Cast, as_: Any) -> None:
    ada, page = as_(cast.ada), f"/projects/{project.pk}/songs/"
    sources = [file(project, "March.mxl", score("March", "Tuba", "Horn in F"))]
    bring.take_in(project, sources=sources, author=cast.ada)
    change = last_change(project)
    assert change is not None
    assert "“March.mxl” taken into the table" in ada.get(page).content.decode()
    answer = ada.post(f"{page}undo/", {"change": change.pk}, headers=HTMX)
    assert "Taken back: “March.mxl” taken into the table." in answer.content.decode()
    assert (table(project), Book.objects.count()) == ({}, 0)
    root = f"/api/v1/projects/{project.pk}"
    asked = {"sources": [sources[0].pk]}
    assert ada.post(f"{root}/notation-files/", asked, content_type="application/json").status_code == 201
    step = ada.get(f"{root}/song-changes/").json()["results"][0]
    assert (step["text"], step["undone_at"]) == ("“March.mxl” taken into the table", None)
    assert as_(cast.ben).post(f"{root}/song-changes/{step['id']}/undo/").status_code == 404
    assert ada.post(f"{root}/song-changes/{step['id']}/undo/").status_code == 200
    assert (table(project), Book.objects.count()) == ({}, 0)
