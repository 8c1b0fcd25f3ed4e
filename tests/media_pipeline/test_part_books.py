"""Part books from files to the table: one job, books of one file and of pictures, one that cannot be read."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from media_pipeline.artifacts import Book as BookMade
from media_pipeline.artifacts import Media
from media_pipeline.bundles import bundles_of
from media_pipeline.context import StageError
from media_pipeline.graph import tuple_of
from media_pipeline.local import run_recipe
from media_pipeline.models import Job, Step
from media_pipeline.recipes import PART_BOOKS
from media_pipeline.services import start_job
from media_pipeline.show import notices_of
from notation.cells import held
from notation.checks import stale
from notation.models import Book, Revision, Score, Song, SongCheck
from notation.songs import merge
from notation.undo import last_change, undo
from projects.models import Project, Source
from tests.cast import Cast, bring, pdf, png
from tests.media_pipeline.conftest import Work
from tests.media_pipeline.test_read_pages import tune

SONGS = (("Evening Air", 24, 3), ("Morning March", 16, 5))


def engraved(folder: Path, instrument: str, *, songs: Any = SONGS) -> bytes:
    """A part book as one PDF, a song a page, by Copyist's own engraver."""
    from notation.exports import export

    whole = pikepdf.new()
    for title, bars, seed in songs:
        document = (
            tune(bars, seed=seed)[0].replace(b"Evening Air", title.encode()).replace(b"Flute 1", instrument.encode())
        )
        target = folder / instrument / title
        target.mkdir(parents=True)
        with pikepdf.open(export("pdf", document, folder=target, title=title)) as one:
            whole.pages.extend(one.pages)
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


def pictures(book: bytes) -> list[bytes]:
    found = []
    for page in pypdfium2.PdfDocument(book):
        out = io.BytesIO()
        page.render(scale=200 / 72).to_pil().convert("L").save(out, "PNG")
        found.append(out.getvalue())
    return found


def test_pictures_are_one_book_in_the_order_of_their_names_and_each_pdf_is_one() -> None:
    names = ["b.pdf", "page 10.png", "page 2.png", "a.pdf", "Page 1.png"]
    kinds = {"pdf": Source.Kind.PDF, "png": Source.Kind.IMAGE}
    sources = [Source(name=name, kind=kinds[name[-3:]]) for name in names]
    assert bundles_of(sources) == [[0], [4, 2, 1], [3]]
    assert bundles_of([]) == []


def test_a_set_is_read_in_one_job_and_again_without_a_change(
    people: Cast, project: Project, work: Work, tmp_path: Path, as_: Any
) -> None:
    clarinet = pictures(engraved(tmp_path, "Clarinet in Bb"))
    sources = [
        bring(project, name="tuba.pdf", data=b"%PDF-1.4 torn" + pdf()[9:40]),
        *(bring(project, name=f"clarinet {2 - n}.png", data=page) for n, page in enumerate(reversed(clarinet))),
        bring(project, name="flute.pdf", data=engraved(tmp_path, "Flute 1")),
    ]
    job = start_job(people.ada, project=project, recipe="part-books", sources=sources)
    assert job.title == "tuba.pdf and 3 more"
    assert job.steps.filter(stage="part_book").count() == 3
    work()
    job.refresh_from_db()
    assert job.state == Job.State.DONE, (job.problem, [step.error for step in job.steps.all()])
    assert any(notice.startswith("“tuba.pdf”: left out.") for notice in job.notices)
    assert [book.instrument for book in Book.objects.all()] == ["Flute 1", "Clarinet"]
    assert [(song.title, song.scores.count()) for song in Song.objects.all()] == [
        ("Evening Air", 2),
        ("Morning March", 2),
    ]
    assert Book.objects.get(instrument="Clarinet").sources.count() == 2
    proofs = Job.objects.get(recipe="proof-reading")  # starts by itself, and is on no list of what she started
    assert (proofs.state, proofs.options) == (Job.State.DONE, {"hold_together.mend": True})
    assert SongCheck.objects.count() == 2
    assert not stale(project)
    assert [one.pk for one in notices_of(people.ada)] == [job.pk]
    with Book.objects.get(instrument="Flute 1").report.open() as report:
        assert len(json.load(report)["parts"]) == 2
    march = Score.objects.get(book__instrument="Clarinet", song__title="Morning March")
    revision = march.latest
    assert revision is not None
    assert revision.summary["bars"] == 16
    assert [(page["number"], page["label"], page["sheet"]) for page in revision.reading["pages"]] == [
        (2, "clarinet 2.png", 0)
    ]
    assert len({bar["measure"] for bar in revision.reading["bars"]}) == 16

    ada, other = as_(people.ada), as_(people.ben)
    shown = ada.get(f"/scores/{march.pk}/pages/2.png")
    picture = b"".join(shown.streaming_content)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == revision.reading["pages"][0]["size"][0]
    assert ada.get(f"/scores/{march.pk}/pages/1.png").status_code == 404  # the other song's
    assert other.get(f"/scores/{march.pk}/pages/2.png").status_code == 404
    assert f"/projects/{project.pk}/review/" in ada.get(job.get_absolute_url()).content.decode()
    assert ada.get(f"{job.get_absolute_url()}?open").headers["Location"] == f"/projects/{project.pk}/review/"

    revisions = Revision.objects.count()
    again = start_job(people.ada, project=project, recipe="part-books", sources=sources[::-1])
    assert again.steps.filter(state=Step.State.DONE).count() == again.steps.count() - 1  # but for the shelf
    work()
    again.refresh_from_db()
    assert again.state == Job.State.DONE
    assert (Book.objects.count(), Song.objects.count(), Revision.objects.count()) == (2, 2, revisions)

    # What was put together stays so, and is taken apart by taking it back.
    air, later = Song.objects.all()
    merge(air, following=later, author=people.ada)
    for bars in ({"Evening Air": 40}, {"Evening Air": 24, "Morning March": 16}):
        start_job(people.ada, project=project, recipe="part-books", sources=sources)
        work()
        assert {(one.song.title, one.revision.summary["bars"]) for one in held(project)} == set(bars.items())
        assert [song.title for song in Song.objects.all()] == list(bars)
        if (change := last_change(project)) is not None:
            undo(change, author=people.ada)

    # A part that was changed while the parts were held together: whoever watches starts it once more.
    watching = f"/projects/{project.pk}/jobs/proof-reading/?watched=1"
    jobs = Job.objects.filter(recipe="proof-reading", state__in=Job.ACTIVE)
    ada.get(watching)
    assert not jobs.exists()
    newest = held(project)[0].revision
    newest.pk, newest.number, newest.sha256 = None, newest.number + 1, "0" * 64
    Revision.objects.bulk_create([newest])
    for _ in range(2):
        assert "Holding the parts together" in ada.get(watching).content.decode()
    assert jobs.count() == 1


def test_a_set_without_music_fails_in_a_sentence(tmp_path: Path) -> None:
    given = []
    for name, data in (("a.pdf", pdf(1)), ("b.png", png(800, 1000))):
        (tmp_path / name).write_bytes(data)
        given.append(Media(tmp_path / name, name))
    with pytest.raises(StageError, match="no printed music in these files"):
        run_recipe(PART_BOOKS, given={Media: given}, folder=tmp_path / "work")


def test_pages_that_belong_together_are_one_book(tmp_path: Path) -> None:
    files = []
    for number, page in enumerate(pictures(engraved(tmp_path, "Flute 1"))):
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(page)
    given = {Media: [Media(path, path.name) for path in files]}
    made = run_recipe(PART_BOOKS, given=given, bundles=[[0, 1]], folder=tmp_path / "work")
    (book,) = made[tuple_of(BookMade)]
    assert [(part.song, part.bars) for part in book.parts] == [(n, bars) for n, (_, bars, _) in enumerate(SONGS)]
    assert book.pages == 2


def test_the_form_offers_what_is_not_read_yet(people: Cast, project: Project, as_: Any, no_bells: list[str]) -> None:
    ada = as_(people.ada)
    assert ada.get(f"/projects/{project.pk}/jobs/part-books/", headers={"HX-Request": "true"}).content.strip() == b""
    old, new = (bring(project, name=name, data=pdf(n)) for n, name in enumerate(("old.pdf", "new.pdf"), start=1))
    Book.objects.create(project=project, instrument="Flute").sources.add(old)
    page = ada.get(f"/projects/{project.pk}/jobs/part-books/").content.decode()
    assert f'value="{new.pk}" checked' in page
    assert f'value="{old.pk}"> <span>old.pdf <span class="meta">read before' in page
    asked = {"recipe": "part-books", "sources": [str(new.pk)]}
    answer = ada.post(f"/projects/{project.pk}/jobs/start/", asked)
    job = Job.objects.get()
    assert answer.headers["Location"] == job.get_absolute_url()
    assert [source.pk for source in job.sources.all()] == [new.pk]
    page = ada.get(f"/projects/{project.pk}/jobs/part-books/").content.decode()
    assert "checked" not in page


def test_the_form_lists_files_by_their_names(people: Cast, project: Project, as_: Any) -> None:
    for n, name in enumerate(("Horn 10.pdf", "flute.pdf", "Horn 2.pdf"), start=1):
        bring(project, name=name, data=pdf(n))
    page = as_(people.ada).get(f"/projects/{project.pk}/jobs/part-books/").content.decode()
    assert re.findall(r"<span>(.+?\.pdf)", page) == ["flute.pdf", "Horn 2.pdf", "Horn 10.pdf"]


def test_a_recording_is_no_part_book(people: Cast, project: Project, source: Source, as_: Any) -> None:
    asked = {"recipe": "part-books", "sources": [str(source.pk)]}
    answer = as_(people.ada).post(f"/projects/{project.pk}/jobs/start/", asked)
    assert answer.status_code == 422
    assert "cannot be made from" in answer.content.decode()
