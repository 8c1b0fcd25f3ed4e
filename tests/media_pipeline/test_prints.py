"""Print sets: made of the revisions of their start, whole or not at all, fetched as a whole and one by one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.urls import reverse
from PIL import Image

from media_pipeline import prints, store
from media_pipeline.errors import JobError
from media_pipeline.models import Job, Step
from media_pipeline.services import cancel_job, retry_job
from notation.models import Book, PrintSet, Score, Song
from notation.musicxml import tree
from notation.printing.chairs import write_lines
from notation.printing.order import contents_of, last_choice
from projects.models import Project, Source
from tests.cast import Cast, bring, pdf
from tests.media_pipeline.conftest import Work
from tests.score.test_assemble import part

SONGS = {"March": 12, "Waltz": 16}


def band(
    project: Project, *names: str, songs: dict[str, int] | None = None, missing: tuple[tuple[str, str], ...] = ()
) -> dict[str, Book]:
    """Books as if they had been read; `missing`: (song, book) that is silent."""
    from notation.books import BookRead, SongRead, keep

    read = []
    for number, name in enumerate(names):
        source = bring(project, name=f"{name}.pdf", data=pdf(number % 5 + 1) + name.encode())
        cells = []
        for title, bars in (songs or SONGS).items():
            document = tree.to_bytes(part(name, bars=bars, title=title))
            silent = (title, name) in missing
            facts = {"bars": bars, "doubtful": 0, "metre": "4/4"}
            cells.append(SongRead(title) if silent else SongRead(title, "A. Smith", document, bars, "4/4", facts, {}))
        read.append(BookRead((source,), 0, name, tuple(cells)))
    keep(project, read=read, author=project.owner)
    return {book.instrument: book for book in Book.objects.filter(project=project)}


@pytest.fixture
def books(project: Project) -> dict[str, Book]:
    return band(project, "Flute", "Tuba", missing=(("Waltz", "Tuba"),))


def start(project: Project, **given: Any) -> PrintSet:
    return prints.start_print(project.owner, project=project, given=given)


def made_of(project: Project, work: Work, **given: Any) -> PrintSet:
    made = start(project, **given)
    work()
    made.refresh_from_db()
    assert made.file, (made.problem, prints.job_of(made))
    return made


def names(made: PrintSet) -> list[str]:
    with zipfile.ZipFile(made.file.path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def edit(score: Score, *, bars: int, octave: int = 4) -> None:
    """A new revision of a part."""
    from notation.services import add_revision

    assert score.song is not None
    assert score.book is not None
    document = tree.to_bytes(part(score.book.instrument, bars=bars, title=score.song.title, octave=octave))
    add_revision(score, document=document, reason="By hand", author=score.project.owner, summary={"bars": bars})


def test_a_set_in_a_folder_tree(project: Project, books: dict[str, Book], work: Work) -> None:
    write_lines(project, [(books["Flute"].pk, "", 1), (books["Tuba"].pk, "Anna", 3)])
    made = made_of(project, work, what=["books", "scores", "parts", "pile"], kinds=["pdf", "musicxml", "midi"])
    kinds = (".pdf", ".musicxml", ".mid")
    assert sorted(names(made)) == sorted(
        [
            "Print everything.pdf",
            "books/Songs - Flute.pdf",
            "books/Songs - Tuba - Anna.pdf",
            *(f"scores/{song}{kind}" for song in SONGS for kind in kinds),
            *(f"parts/{name}{kind}" for kind in kinds
              for name in ("March/March - Flute", "March/March - Tuba", "Waltz/Waltz - Flute")),
        ]
    )  # fmt: skip
    assert [entry["path"] for entry in made.files] == names(made)
    printed = io.BytesIO(zipfile.ZipFile(made.file.path).read("Print everything.pdf"))
    with pikepdf.open(printed) as pile, pile.open_outline() as outline:
        assert [one.title for one in outline.root] == [
            "Flute", "Tuba - Anna (1)", "Tuba - Anna (2)", "Tuba - Anna (3)",
        ]  # fmt: skip
    assert {entry["pages"] > 0 for entry in made.files if entry["path"].endswith(".pdf")} == {True}


def test_asking_twice_makes_one_and_the_next_makes_only_what_changed(
    project: Project, books: dict[str, Book], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notation.engrave.cache import Cache

    made: list[str] = []
    real = Cache.file

    def watched(cache: Cache, key: str, make: Any, **options: Any) -> Path:
        path = real(cache, key, make, **options)
        made.extend(path.suffix for one in cache.made if one == key)
        cache.made.clear()
        return path

    monkeypatch.setattr(Cache, "file", watched)
    first = made_of(project, work)
    assert start(project) == first
    assert Job.objects.filter(recipe="print").count() == 1
    made.clear()
    edit(Score.objects.get(song__title="March", book=books["Flute"]), bars=12)
    second = made_of(project, work)
    assert second != first
    # Flute's March, its score as PDF and MusicXML, and the flute book; covers and all else are there.
    assert sorted(made) == [".musicxml", ".pdf", ".pdf", ".pdf"]
    made.clear()
    store.forget_pages(project.owner_id)  # another machine, or a cache that was emptied
    edit(Score.objects.get(song__title="March", book=books["Flute"]), bars=12, octave=6)
    made_of(project, work)
    assert len(made) > 4
    assert PrintSet.objects.filter(project=project).count() == 3


def test_a_set_is_of_the_revisions_at_its_start(project: Project, books: dict[str, Book], work: Work) -> None:
    made = start(project, what=["parts"], kinds=["musicxml"])
    score = Score.objects.get(song__title="March", book=books["Flute"])
    edit(score, bars=14)  # somebody edits while it is made
    work()
    made.refresh_from_db()
    with zipfile.ZipFile(made.file.path) as archive:
        assert archive.read("parts/March/March - Flute.musicxml").count(b"<measure ") == 12
    assert made.contents["songs"][0]["parts"][0]["number"] == 1
    from notation.printing.order import changed_since

    assert changed_since(made) == ["March: Flute was changed (revision 1, now 2)"]
    Song.objects.filter(title="Waltz").update(title="Slow Waltz")
    write_lines(project, [(books["Flute"].pk, "Anna", 2)])
    assert changed_since(made)[1:] == ["Waltz is now called Slow Waltz", "the list of instruments was changed"]


def test_a_cancelled_set_leaves_nothing_half(
    project: Project, books: dict[str, Book], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notation.engrave import printset

    made = start(project)
    job = prints.job_of(made)
    assert job is not None
    real = printset.packed

    def interrupted(*args: Any, **options: Any) -> None:
        cancel_job(job)
        real(*args, **options)

    monkeypatch.setattr("notation.engrave.printset.packed", interrupted)
    monkeypatch.setattr("media_pipeline.heart.BEAT", 0.01, raising=False)
    step = Step.claim(["export"], worker="here:1:1")
    assert step is not None
    from media_pipeline.context import Cancelled
    from media_pipeline.runner import WorkerContext, run_step

    def stopped(ctx: WorkerContext) -> None:
        job.refresh_from_db()
        if job.cancel_requested:
            raise Cancelled

    monkeypatch.setattr(WorkerContext, "check", stopped)
    run_step(step)
    made.refresh_from_db()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert not made.file
    assert made.problem == "Stopped before it was finished."
    assert not list(store.scratch_root().glob("*/*"))
    pages = list(store.pages_folder(project.owner_id, project.pk).iterdir())
    assert pages  # what was finished is kept
    assert not [path for path in pages if path.name.startswith(".")]
    monkeypatch.undo()
    retry_job(job)
    work()
    made.refresh_from_db()
    assert names(made)


def test_a_full_disk_in_the_middle_of_the_zip_is_said(
    project: Project, books: dict[str, Book], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = zipfile.ZipFile.writestr, iter(range(1000))

    def full(archive: zipfile.ZipFile, *args: Any, **options: Any) -> None:
        if next(count) == 2:
            raise OSError(28, "No space left on device")
        real(archive, *args, **options)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    made = start(project)
    work()
    made.refresh_from_db()
    job = prints.job_of(made)
    assert job is not None
    assert not made.file
    assert job.state == Job.State.FAILED
    assert not job.permanent
    assert "No space left" in made.problem
    monkeypatch.undo()
    retry_job(job)
    work()
    made.refresh_from_db()
    assert names(made)
    assert made.problem == ""


def test_what_cannot_be_printed_is_said(project: Project, work: Work) -> None:
    with pytest.raises(JobError, match="No song is chosen"):
        start(project)
    books = band(project, "Flute", "Tuba", missing=(("Waltz", "Tuba"),))
    for given, said in (
        ({"without_songs": [s.pk for s in Song.objects.all()]}, "No song is chosen"),
        ({"without_books": [b.pk for b in books.values()]}, "No instrument is chosen"),
        ({"what": []}, "nothing to make"),
        ({"kinds": [], "what": ["parts"]}, "at least one kind"),
        ({"paper": "A9"}, "choose one of A4"),
        ({"pattern": "{song.__class__}"}, "pattern"),
        ({"staff_mm": 40}, "Staff size"),
        ({"without_songs": [Song.objects.get(title="March").pk], "without_books": [books["Flute"].pk]}, "None of"),
    ):
        with pytest.raises(JobError, match=said):
            start(project, **given)
    write_lines(project, [(book.pk, "", 0) for book in books.values()])
    with pytest.raises(JobError, match="no copies"):
        start(project)
    assert not Job.objects.filter(recipe="print").exists()


def test_a_song_without_parts_and_a_book_without_copies(project: Project, books: dict[str, Book], work: Work) -> None:
    Song.objects.create(project=project, title="Lost", order=9)
    write_lines(project, [(books["Flute"].pk, "", 2), (books["Tuba"].pk, "", 0)])
    made = made_of(project, work)
    assert "books/Songs - Tuba.pdf" not in names(made)
    assert "parts/March/March - Tuba.pdf" not in names(made)
    assert "scores/March.pdf" in names(made)  # the tuba sounds in the score all the same
    assert not [name for name in names(made) if "Lost" in name]
    assert made.notices == ["No book has music for “Lost”: it stands struck through in the contents."]


def test_titles_that_no_file_system_takes(project: Project, work: Work) -> None:
    band(project, "Flute", songs={"../AC/DC 🎺": 12, "שיר הנמל": 16})
    made = made_of(project, work, title="Summer / “Concert” \u202e", what=["books", "parts"], kinds=["pdf"])
    assert names(made) == [
        "books/Summer - “Concert” - Flute.pdf",
        "parts/AC-DC 🎺/AC-DC 🎺 - Flute.pdf",
        "parts/שיר הנמל/שיר הנמל - Flute.pdf",
    ]
    assert made.name == "Summer - “Concert”.zip"


def test_booklets_and_paper(project: Project, books: dict[str, Book], work: Work) -> None:
    made = made_of(project, work, paper="A5-booklet", what=["books", "scores"], kinds=["pdf"])
    with zipfile.ZipFile(made.file.path) as archive:
        sizes = {}
        for name in archive.namelist():
            with pikepdf.open(io.BytesIO(archive.read(name))) as file:
                sizes[name] = tuple(round(float(side) * 25.4 / 72) for side in file.pages[0].mediabox[2:])
    assert sizes == {
        "booklets/Songs - Flute.pdf": (297, 210), "booklets/Songs - Tuba.pdf": (297, 210),
        "books/Songs - Flute.pdf": (148, 210), "books/Songs - Tuba.pdf": (148, 210),
        "scores/March.pdf": (210, 297), "scores/Waltz.pdf": (210, 297),
    }  # fmt: skip


def test_scores_at_concert_pitch_sound_the_same(project: Project, work: Work) -> None:
    """A clarinet's part sounds a tone lower than written, in both scores."""
    from notation.books import BookRead, SongRead, keep
    from notation.musicxml.read import read
    from tests.score.parts import Head, document, note, opening, pitches

    root = document([opening(2, transpose=(-1, -2, 0)) + note([Head("D", 0, 5)], 16)], name="Clarinet in B♭")
    cell = SongRead("March", "", tree.to_bytes(root), 1, "4/4", {"bars": 1}, {})
    keep(project, read=[BookRead((bring(project, name="c.pdf", data=pdf()),), 0, "Clarinet", (cell,))], author=None)
    for pitch, step in (("transposed", "D"), ("concert", "C")):
        made = made_of(project, work, pitch=pitch, what=["scores"], kinds=["musicxml"])
        with zipfile.ZipFile(made.file.path) as archive:
            score = read(archive.read("scores/March.musicxml"))
        assert score.findtext("part/measure/note/pitch/step") == step
        assert pitches(score) == [72]


def test_downloads_in_ranges(project: Project, books: dict[str, Book], work: Work, as_: Any, people: Cast) -> None:
    made = made_of(project, work)
    ada, ben = as_(people.ada), as_(people.ben)
    whole = Path(made.file.path).read_bytes()
    address = reverse("jobs:print_archive", args=[made.pk])
    first = ada.get(address, headers={"Range": "bytes=0-99"})
    assert (first.status_code, begin := first.getvalue()) == (206, whole[:100])
    rest = ada.get(address, headers={"Range": "bytes=100-", "If-Range": first["ETag"]})
    assert begin + rest.getvalue() == whole
    assert ada.get(address, headers={"Range": "bytes=100-", "If-Range": '"older"'}).status_code == 200
    assert ada.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert "Songs.zip" in first["Content-Disposition"]
    with zipfile.ZipFile(made.file.path) as archive:
        for entry in made.printed:
            address = reverse("jobs:print_file", args=[made.pk, entry["number"]])
            got, content = ada.get(address), archive.read(entry["path"])
            assert got.getvalue() == content
            assert got["Content-Length"] == str(len(content))
            shown = "inline" if entry["is_pdf"] else "attachment"
            assert got["Content-Disposition"].startswith(shown)
            assert ada.get(address + "?save")["Content-Disposition"].startswith("attachment")
            tail = ada.get(address, headers={"Range": "bytes=-20"})
            assert (tail.status_code, tail.getvalue()) == (206, content[-20:])
            assert ben.get(address).status_code == 404
    assert ada.get(reverse("jobs:print_file", args=[made.pk, 999])).status_code == 404


def test_only_the_newest_sets_are_kept(project: Project, books: dict[str, Book], work: Work) -> None:
    sets = [made_of(project, work, what=["parts"], kinds=["musicxml"], title=f"Take {n}") for n in range(5)]
    left = list(PrintSet.objects.filter(project=project))
    assert left == sets[:1:-1]
    assert all(Path(one.file.path).is_file() for one in left)
    assert not Path(sets[0].file.path).exists()
    assert Job.objects.filter(recipe="print").count() == 5


def test_pages_are_kept_within_bounds(project: Project, books: dict[str, Book], work: Work, settings: Any) -> None:
    import os
    import time

    from projects.services import purge_project

    made_of(project, work)
    folder = store.pages_folder(project.owner_id, project.pk)
    files = sorted(folder.iterdir())
    assert store.bound_pages(project.owner_id) == 0
    for path in files[:3]:
        os.utime(path, (time.time() - 40 * 86400,) * 2)  # nobody used them for long
    assert store.bound_all_pages() == 3
    settings.PAGES_BYTES = 0
    for path in files[3:]:
        os.utime(path, (time.time() - 3600,) * 2)
    assert store.bound_pages(project.owner_id) == len(files) - 3
    purge_project(project)
    assert not folder.exists()


def test_the_original_pages_go_into_the_set(project: Project, work: Work) -> None:
    """A percussion book that was not read well is cut out of its pictures, song by song."""
    import numpy as np
    from PIL import Image

    from media_pipeline.artifacts import Sheet, Sheets
    from media_pipeline.omr.model import Page
    from media_pipeline.originals import cut
    from notation.books import BookRead, SongRead, keep

    band(project, "Flute")
    key = "d" * 64
    with store.scratch_space() as folder:
        paper = np.full((1754, 1240), 255, np.uint8)
        paper[300:310], paper[1000:1010] = 0, 0
        Image.fromarray(paper).save(folder / "page.png")
        page = Page(0, 0, "", np.zeros((0, 0), np.uint8), 150.0, "music", (), ())
        sheets = Sheets("drums.pdf", (Sheet(folder / "page.png", page),))
        store.file(project.owner_id, key=key, value=sheets, kind=Sheets, scratch=folder)

    def song(title: str, top: int) -> SongRead:
        told = {"number": 1, "label": "drums.pdf, page 1", "key": key, "sheet": 0, "size": [1240, 1754]}
        bar = {"measure": 0, "page": 1, "box": [100, top, 1100, top + 200], "doubt": 0.1, "doubtful": False,
               "reasons": []}  # fmt: skip
        root = tree.to_bytes(part("Drums", bars=SONGS[title], title=title))
        reading = {"engine": "none", "pages": [told], "bars": [bar]}
        return SongRead(title, "", root, SONGS[title], "4/4", {"bars": SONGS[title]}, reading)

    source = bring(project, name="drums.pdf", data=pdf(3))
    keep(project, read=[BookRead((source,), 0, "Drums", (song("March", 200), song("Waltz", 900)))], author=None)
    drums = Book.objects.get(instrument="Drums")
    made = made_of(project, work, originals=[drums.pk], what=["books", "parts"])
    with zipfile.ZipFile(made.file.path) as archive:
        assert "parts/March/March - Drums.musicxml" not in archive.namelist()  # it is not what is printed
        with pikepdf.open(io.BytesIO(archive.read("parts/March/March - Drums.pdf"))) as file:
            assert len(file.pages) == 1
    # March ends, and Waltz with its title begins, a good third into the gap between their staves.
    assert cut((200, 400), [(900, 1100)], height=1000) == (0.0, 0.575)
    assert cut((900, 1100), [(200, 400)], height=1200) == (round(575 / 1200, 4), 1.0)


def test_sixty_books(project: Project, work: Work) -> None:
    """Without their pages, which tests/bench makes and measures."""
    band(project, *(f"Kazoo {n}" for n in range(1, 61)), songs={"March": 2})
    made = made_of(project, work, what=["scores", "parts"], kinds=["musicxml"])
    assert len(names(made)) == 61


# --- books that nobody has read -------------------------------------------------------------------------------------


def scanned(project: Project, work: Work, *marks: tuple[float, str]) -> Source:
    """The file of a drummer's book of three pages of strokes, looked at and sorted; `marks`: on its first pages."""
    from media_pipeline import sorting
    from notation import sorting as steps
    from tests.media_pipeline.test_sorting import do, scribble

    images = [Image.open(io.BytesIO(scribble(number))) for number in range(3)]
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=75)
    source: Source = bring(project, name="drums.pdf", data=out.getvalue())
    sorting.start_look(project.owner, project=project)
    work()
    sheaf = next(book for book in steps.standing(project).arranged.books if book.leaves[0].source == source.pk)
    do(project, "rename", book=sheaf.id, name="Drums")
    for leaf, (y, title) in zip(sheaf.leaves, marks, strict=False):
        do(project, "begin", leaf=leaf.id, y=y, title=title)
    assert not Book.objects.filter(instrument="Drums").exists()
    return source


def sheets(made: PrintSet) -> dict[str, int]:
    """Names of the PDFs of a set, with their pages."""
    return {entry["path"]: entry["pages"] for entry in made.files if entry["path"].endswith(".pdf")}


def test_a_book_that_nobody_read_goes_along_as_it_was_scanned(
    project: Project, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notation.engrave.cache import Cache
    from tests.media_pipeline.test_sorting import do

    band(project, "Flute")
    source = scanned(project, work, (0.5, "March"), (0.0, "Drum Solo"))
    write_lines(project, [(Book.objects.get().pk, "", 1), ("b2", "Zoe", 2)])
    made = made_of(project, work, together=False, what=["books", "scores", "parts", "pile"])
    job = prints.job_of(made)
    assert job is not None
    assert (job.recipe, [step.stage for step in job.steps.filter(cached=True)]) == ("print-scans", ["pages"])
    found = sheets(made)
    assert found["books/Songs - Drums - Zoe.pdf"] == 5  # cover, contents, March with what stands over it, two of a solo
    assert found["parts/March/March - Drums.pdf"] == 1
    assert found["parts/Drum Solo/Drum Solo - Drums.pdf"] == 2
    assert not [name for name in names(made) if "Drums" in name and not name.endswith(".pdf")]
    assert [name for name in names(made) if name.startswith("scores/") and "Solo" in name] == []
    assert "Drums: what stands before its first song is printed with “March”." in made.notices
    with zipfile.ZipFile(made.file.path) as archive:
        book = io.BytesIO(archive.read("books/Songs - Drums - Zoe.pdf"))
        with pikepdf.open(book) as file, file.open_outline() as outline:
            assert [one.title for one in outline.root] == ["Songs", "Contents", "March", "Drum Solo"]
        with pikepdf.open(io.BytesIO(archive.read("Print everything.pdf"))) as pile, pile.open_outline() as outline:
            assert [one.title for one in outline.root] == ["Flute", "Drums - Zoe (1)", "Drums - Zoe (2)"]
    assert start(project) == made

    # Only what was sorted anew is made: the solo's pages, the drummer's book and its pages' numbers.
    made_now: list[str] = []
    real = Cache.file

    def watched(cache: Cache, key: str, make: Any, **options: Any) -> Path:
        path = real(cache, key, make, **options)
        made_now.extend(cache.made)
        cache.made.clear()
        return path

    monkeypatch.setattr(Cache, "file", watched)
    do(project, "turn", leaves=[f"{source.pk}-2"], by=180)
    again = made_of(project, work)
    assert again != made
    assert len(made_now) == 2
    assert sheets(again) == found


def test_a_book_without_a_mark_goes_along_whole(project: Project, work: Work) -> None:
    band(project, "Flute")
    scanned(project, work)
    made = made_of(project, work, what=["books", "parts"], kinds=["pdf"])
    found = sheets(made)
    assert found["parts/All pages/All pages - Drums.pdf"] == 3
    # In both books March and Waltz keep their places; the pages stand behind them in the drummer's alone.
    assert found["books/Songs - Drums.pdf"] >= found["books/Songs - Flute.pdf"] + 3
    assert not [notice for notice in made.notices if "All pages" in notice]


def test_nothing_but_scans_can_be_printed_and_looked_at(
    people: Cast, project: Project, work: Work, as_: Any
) -> None:  # fmt: skip
    scanned(project, work, (0.0, "March"))
    ada = as_(people.ada)
    page = ada.get(f"/projects/{project.pk}/download/").content.decode()
    assert "as scanned" in page
    shown = ada.get(reverse("jobs:print_preview", args=[project.pk]) + "?of=book-b1").content.decode()
    assert "Drums · Cover" in shown
    assert "Conductor scores" not in shown
    song = contents_of(project, last_choice(project))["songs"][0]["id"]
    asked = f"?of=book-b1&song={song}&page=2"
    assert "Drums · March · page 2 of 3" in ada.get(
        reverse("jobs:print_preview", args=[project.pk]) + asked
    ).content.decode()  # fmt: skip
    picture = ada.get(reverse("jobs:print_preview_page", args=[project.pk]) + asked)
    assert picture.content.startswith(b"\x89PNG")
    assert as_(people.ben).get(reverse("jobs:print_preview_page", args=[project.pk]) + asked).status_code == 404
    with pytest.raises(JobError, match="not read"):
        start(project, what=["scores"])
    made = made_of(project, work, what=["books"], kinds=["pdf"])
    assert names(made) == ["books/Songs - Drums.pdf"]


def test_pictures_that_were_cleared_away_are_made_again(
    people: Cast, project: Project, work: Work, as_: Any
) -> None:  # fmt: skip
    from media_pipeline import sight

    source = scanned(project, work, (0.0, "March"))
    store.forget_key(project.owner_id, sight.pages_key(source))
    asked = reverse("jobs:print_preview", args=[project.pk]) + "?of=book-b1&page=1"
    song = contents_of(project, last_choice(project))["songs"][0]["id"]
    assert "cleared away" in as_(people.ada).get(f"{asked}&song={song}").content.decode()
    assert sheets(made_of(project, work, what=["books"]))
    assert "cleared away" not in as_(people.ada).get(f"{asked}&song={song}").content.decode()
