"""Pages are looked at, sorted, read as they were sorted, and bound anew."""

from __future__ import annotations

import errno
import io
import json
import random
import threading
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from media_pipeline import sorting, store
from media_pipeline.artifacts import Sheets
from media_pipeline.consumers import ProjectConsumer
from media_pipeline.errors import JobError
from media_pipeline.heart import Heart
from media_pipeline.models import Artifact, Job, JobSource, Step
from media_pipeline.runner import run_step
from media_pipeline.services import cancel_job, retry_job
from notation import services as notation
from notation import sorting as steps
from notation.models import Book, Revision, Score, Song
from notation.score import arrangement as pure
from notation.score.arrangement import Arrangement, Leaf
from projects.models import Project, Source
from tests.cast import Cast, bring, pdf, png, wav
from tests.media_pipeline.conftest import Work
from tests.media_pipeline.test_part_books import SONGS, engraved, pictures
from tests.media_pipeline.test_read_pages import bound


def arranged(project: Project) -> Arrangement:
    return steps.standing(project).arranged


def told(project: Project) -> list[tuple[str, list[tuple[int, tuple[str, ...]]]]]:
    """Books as (name, pages), pages as (page of the file, titles that begin there)."""
    return [
        (book.name, [(leaf.sheet, tuple(start.title for start in leaf.starts)) for leaf in book.leaves])
        for book in arranged(project).books
    ]


def do(project: Project, verb: str, **given: Any) -> str:
    version = steps.standing(project).version
    return steps.change(project, user=project.owner, version=version, verb=verb, given=given)[1]


def done(job: Job | None) -> Job:
    assert job is not None
    job.refresh_from_db()
    assert job.state == Job.State.DONE, (job.problem, [step.error for step in job.steps.all()])
    return job


def opened(client: Any, job: Job) -> dict[str, int]:
    """Files of the ZIP that a job made, with their pages."""
    answer = client.get(f"/jobs/{job.pk}/file")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        found = {}
        for name in archive.namelist():
            with pikepdf.open(io.BytesIO(archive.read(name))) as one:
                found[name] = len(one.pages)
    return found


def test_from_a_first_look_to_books_read_as_they_were_sorted(
    people: Cast, project: Project, work: Work, tmp_path: Path, as_: Any
) -> None:
    ada = as_(people.ada)
    flute = engraved(tmp_path, "Flute 1")
    bring(project, name="scan 1.pdf", data=flute)
    bring(project, name="flute again.pdf", data=flute)
    bring(project, name="torn.pdf", data=b"%PDF-1.4 torn" + pdf()[9:40])
    clarinet = pictures(engraved(tmp_path, "Clarinet in Bb"))
    for number, page in enumerate(clarinet, start=1):
        bring(project, name=f"photo {number}.png", data=page)
    look = sorting.start_look(people.ada, project=project)
    assert look is not None
    assert sorting.start_look(people.ada, project=project) == look  # not twice
    work()
    done(look)
    assert sorting.start_look(people.ada, project=project) is None
    songs = [(0, ("Evening Air",)), (1, ("Morning March",))]
    assert told(project) == [
        ("Flute 1", songs),
        ("Clarinet", [(0, ("Evening Air",)), (0, ("Morning March",))]),
        ("flute again.pdf", [(0, ()), (1, ())]),
        ("torn.pdf", [(0, ())]),
    ]
    books = arranged(project).books
    assert "same file as “scan 1.pdf”" in books[2].why
    assert all(leaf.out for book in books[2:] for leaf in book.leaves)
    page = ada.get(f"/projects/{project.pk}/sort/").content.decode()
    assert page.count('role="option"') == 7
    first = books[0].leaves[0]
    small = ada.get(f"/projects/{project.pk}/sort/{first.source}/0.jpg")
    assert small.content.startswith(b"\xff\xd8")
    turned = ada.get(f"/projects/{project.pk}/sort/{first.source}/0.png?turn=90")
    width, height = (int.from_bytes(turned.content[at : at + 4], "big") for at in (16, 20))
    assert width > height

    # the songs of the flute in the other order, under other names, and the march alone for the clarinet
    do(project, "rename", book=books[0].id, name="Piccolo")
    do(project, "move", leaves=[books[0].leaves[1].id], book=books[0].id, before=first.id)
    do(project, "begin", leaf=books[0].leaves[1].id, y=0, title="Lost Waltz")
    do(project, "leave_out", leaves=[books[1].leaves[0].id])
    job = sorting.start_reading(people.ada, project=project)
    assert job.steps.filter(stage="pages", cached=True).count() == 2  # files of which a page is read
    work()
    done(job)
    assert [book.instrument for book in Book.objects.all()] == ["Piccolo", "Clarinet"]
    assert sorted(song.title for song in Song.objects.all()) == ["Evening Air", "Lost Waltz", "Morning March"]
    waltz = Score.objects.get(book__instrument="Piccolo", song__title="Lost Waltz").latest
    assert waltz is not None
    assert waltz.summary["bars"] == 16
    assert [(page["number"], page["sheet"]) for page in waltz.reading["pages"]] == [(1, 1)]
    shown = ada.get(f"/scores/{waltz.score_id}/pages/1.png")
    assert b"".join(shown.streaming_content).startswith(b"\x89PNG")

    # sorted again after reading: nothing is read anew, and what nobody touched goes where its page went
    revisions = Revision.objects.count()
    do(project, "begin", leaf=books[0].leaves[1].id, y=0, title="Morning March")
    again = sorting.start_reading(people.ada, project=project)
    assert set(again.steps.exclude(state=Step.State.DONE).values_list("stage", flat=True)) == {"sorted_book", "shelf"}
    assert again.steps.filter(stage="sorted_book").exclude(state=Step.State.DONE).count() == 1
    work()
    done(again)
    assert sorted(song.title for song in Song.objects.all()) == ["Evening Air", "Morning March"]
    assert Score.objects.get(book__instrument="Clarinet").revisions.count() == 1
    assert Revision.objects.count() == revisions
    assert json.loads(Book.objects.get(instrument="Piccolo").report.read())["songs"][0]["title"] == "Morning March"

    # one page is replaced: what was corrected in the other song stays, also in its history
    air = Score.objects.get(book__instrument="Piccolo", song__title="Evening Air")
    with air.latest.document.open("rb") as file:  # type: ignore[union-attr]
        corrected = file.read() + b"<!-- hers -->"
    notation.add_revision(air, document=corrected, reason="Bar 3 mended", author=people.ada)
    answer = ada.post(
        f"/projects/{project.pk}/sort/replace/",
        {
            "leaf": books[0].leaves[1].id,
            "version": steps.standing(project).version,
            "file": SimpleUploadedFile("better scan.png", pictures(flute)[1]),
        },
    )
    assert answer.headers["Location"] == f"/projects/{project.pk}/sort/"
    work()
    new = arranged(project).books[0].leaves[0]
    assert (new.sheet, [start.title for start in new.starts]) == (0, ["Morning March"])
    last = sorting.start_reading(people.ada, project=project)
    assert last.steps.filter(stage="omr").exclude(state=Step.State.DONE).count() == 1
    work()
    done(last)
    assert air.revisions.count() == 2
    march = Score.objects.get(book__instrument="Piccolo", song__title="Morning March")
    assert [page["label"] for page in march.last_read.reading["pages"]] == ["better scan.png"]  # type: ignore[union-attr]


def test_a_first_look_begins_by_itself_and_once(people: Cast, project: Project, work: Work, as_: Any) -> None:
    ada, asked = as_(people.ada), f"/projects/{project.pk}/sort/look/?unasked"
    assert ada.post(asked).status_code == 204  # nothing is there
    bring(project, name="1.png", data=scribble(1))
    bring(project, name="2.png", data=scribble(2))
    assert asked in ada.get(f"/projects/{project.pk}/sort/").content.decode()
    assert not Job.objects.exists()  # who only opens the page begins nothing
    assert ada.post(asked).headers["HX-Trigger"] == '{"look-started": {}}'
    assert ada.post(asked).status_code == 204  # from another window
    job = Job.objects.get()
    assert (job.recipe, job.sources.count()) == ("look", 2)
    assert asked not in ada.get(f"/projects/{project.pk}/sort/").content.decode()

    # one that was cancelled waits for her, and a new file does not take the old ones along
    cancel_job(job)
    page = ada.get(f"/projects/{project.pk}/sort/").content.decode()
    assert "2 files have not been looked at" in page
    assert asked not in page
    assert "HX-Trigger" not in ada.post(asked).headers
    third = bring(project, name="3.png", data=scribble(3))
    ada.post(asked)
    assert list(Job.objects.get(state=Job.State.WAITING).sources.all()) == [third]
    assert ada.post(f"/projects/{project.pk}/sort/look/").status_code == 302
    work()
    assert Job.objects.filter(state=Job.State.DONE).count() == 2
    assert len(list(arranged(project).leaves())) == 3
    assert "HX-Trigger" not in ada.post(asked).headers


def test_a_look_that_began_after_the_page_was_made_comes_into_its_list(
    people: Cast, project: Project, as_: Any
) -> None:
    bring(project, name="1.png", data=scribble(1))
    as_(people.ada).post(f"/projects/{project.pk}/sort/look/?unasked")
    job = Job.objects.get()

    def told(page_has: str) -> str:
        live = ProjectConsumer()
        live.scope, live.user, live.pk, live.sent = {"query_string": page_has.encode()}, people.ada, project.pk, {}
        return live.everything() + live.changed(job.pk)

    assert told("sorting=").count("afterbegin:#project-job-list") == 1
    assert told(f"sorting={job.pk},").count(f'id="job-{job.pk}"') == 1
    assert "afterbegin" not in told(f"sorting={job.pk},")


def test_no_look_begins_by_itself_beside_a_recording(people: Cast, project: Project, as_: Any) -> None:
    ada, asked = as_(people.ada), f"/projects/{project.pk}/sort/look/?unasked=uploaded"
    bring(project, name="take 3.wav", data=wav())
    bring(project, name="lyrics.pdf", data=pdf())
    assert "HX-Trigger" not in ada.post(asked).headers
    assert not Job.objects.exists()
    Source.objects.filter(name="take 3.wav").delete()
    assert "HX-Trigger" in ada.post(asked).headers
    assert Job.objects.get().recipe == "look"


def test_a_full_queue_is_told_only_to_who_asks(
    people: Cast, project: Project, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **more: Any) -> Any:
        raise JobError("10 of your jobs are waiting already.")

    bring(project, name="1.png", data=scribble(1))
    monkeypatch.setattr("media_pipeline.services.start_job", full)
    assert as_(people.ada).post(f"/projects/{project.pk}/sort/look/?unasked").status_code == 204
    refused = as_(people.ada).post(f"/projects/{project.pk}/sort/look/")
    assert "10 of your jobs are waiting already." in refused.content.decode()


def scribble(seed: int) -> bytes:
    """A page that is no music: strokes of a pen."""
    from PIL import Image, ImageDraw

    chance, image = random.Random(seed), Image.new("L", (620, 877), 255)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, size = chance.randint(60, 500), chance.randint(60, 780), chance.randint(20, 70)
        draw.ellipse((x, y, x + size, y + size / 2), fill=40)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(75, 75))
    return out.getvalue()


@pytest.fixture
def drums(people: Cast, project: Project, work: Work) -> Project:
    """Two books of pages on which nothing is recognised, with songs marked by hand and names that no file may have."""
    for number in range(4):
        bring(project, name=f"{number}.png", data=scribble(number))
    sorting.start_look(people.ada, project=project)
    work()
    leaves = [leaf.id for leaf in arranged(project).leaves()]
    do(project, "rename", book=arranged(project).books[0].id, name="طبول / 🥁")
    do(project, "split", leaf=leaves[3], name="CON")
    do(project, "begin", leaf=leaves[0], y=0.0, title="AC/DC: Live?")
    do(project, "begin", leaf=leaves[1], y=0.5, title="\u202eevil")
    do(project, "begin", leaf=leaves[3], y=0.0, title="AC/DC: Live?")
    return project


def test_originals_are_bound_where_nothing_is_recognised(people: Cast, drums: Project, work: Work, as_: Any) -> None:
    job = sorting.start_originals(people.ada, project=drums, options={})
    work()
    assert opened(as_(people.ada), done(job)) == {
        "books/طبول - 🥁.pdf": 7,  # cover, index, a page to begin on a left one, a page and a half of each song
        "books/CON_.pdf": 3,
        "songs/AC-DC- Live.pdf": 5,
        "songs/evil.pdf": 4,
        "parts/AC-DC- Live/AC-DC- Live- - طبول - 🥁.pdf": 2,
        "parts/AC-DC- Live/AC-DC- Live- - CON.pdf": 1,
        "parts/evil/evil - طبول - 🥁.pdf": 2,
    }
    assert as_(people.ben).get(f"/jobs/{job.pk}/file").status_code == 404
    page = as_(people.ada).get(f"/projects/{drums.pk}/sort/").content.decode()
    assert f'href="/jobs/{job.pk}/file"' in page


def test_binding_is_stopped_in_the_middle(
    people: Cast, drums: Project, work: Work, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notation.engrave import rebind as bindery

    job = sorting.start_originals(people.ada, project=drums, options={"originals.by": "song"})
    real, bound = bindery.rebind, []
    hear, heard = Heart._hear, threading.Event()

    def note(heart: Heart, wish: type[BaseException]) -> None:
        hear(heart, wish)
        heard.set()

    def rebind(*args: Any, **more: Any) -> Any:
        bound.append(real(*args, **more))
        cancel_job(Job.objects.get(pk=job.pk))
        assert heard.wait(60)
        return bound[-1]

    monkeypatch.setattr(bindery, "rebind", rebind)
    monkeypatch.setattr(Heart, "_hear", note)
    work()
    job.refresh_from_db()
    assert (job.state, len(bound)) == (Job.State.CANCELLED, 1)
    assert as_(people.ada).get(f"/jobs/{job.pk}/file").status_code == 404


def test_a_full_disk_leaves_no_half_zip_and_another_try_is_good(
    people: Cast, drums: Project, work: Work, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sorting.start_originals(people.ada, project=drums, options={"originals.by": "both"})
    real, written = zipfile.ZipFile.writestr, []

    def writestr(self: Any, info: Any, data: Any, *more: Any) -> None:
        written.append(info)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, info, data, *more)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", writestr)
    work()
    job.refresh_from_db()
    assert (job.state, job.permanent) == (Job.State.FAILED, False)
    assert "No space left" in job.problem
    assert not Artifact.objects.filter(kind="ExportFile").exists()
    retry_job(job)
    work()
    assert len(opened(as_(people.ada), done(job))) == 3


def test_a_page_turned_by_hand_is_read_by_itself(people: Cast, project: Project, work: Work, tmp_path: Path) -> None:
    source = bring(project, name="flute.pdf", data=engraved(tmp_path, "Flute 1"))
    sorting.start_look(people.ada, project=project)
    work()
    do(project, "turn", leaves=[f"{source.pk}-1"], by=90)
    job = sorting.start_reading(people.ada, project=project)
    rows = list(JobSource.objects.filter(job=job).values_list("page", "turn"))
    assert rows == [(None, 0), (1, 90)]
    step = job.steps.get(stage="pages", index=1)
    run_step(Step.claim(["cpu"], worker="here:1:1"))  # type: ignore[arg-type]
    step.refresh_from_db()
    if step.state != Step.State.DONE:  # the other thing that was ready: the notes of the page that was not turned
        run_step(Step.claim(["cpu"], worker="here:1:1"))  # type: ignore[arg-type]
    sheets = store.open_artifact(people.ada.pk, key=step.key, kind=Sheets)
    assert [(sheet.page.sheet, sheet.page.turned) for sheet in sheets.sheets] == [(1, 0)]
    from PIL import Image

    width, height = Image.open(sheets.sheets[0].picture).size
    assert width > height


def test_printed_page_numbers_tell_what_is_missing() -> None:
    assert list(sorting.gaps([1, 2, 3])) == []
    assert list(sorting.gaps([1, None, 3, 1, 2])) == []
    assert list(sorting.gaps([4, 5, 8])) == ["Between the pages numbered 5 and 8 2 pages seem to be missing."]
    assert list(sorting.gaps([4, None, 7])) == ["Between the pages numbered 4 and 7 a page seems to be missing."]


def test_the_api_sorts_too(people: Cast, drums: Project, as_: Any) -> None:
    ada, where = as_(people.ada), f"/api/v1/projects/{drums.pk}/pages/"
    told = ada.get(where).json()
    assert [(book["name"], len(book["pages"])) for book in told["books"]] == [("طبول / 🥁", 3), ("CON", 1)]
    assert (told["waiting"], told["undo"]) == ([], "A song begins: AC/DC: Live?")
    told["books"].reverse()
    told["books"][0]["pages"].append(told["books"][1]["pages"].pop())
    asked = {"version": told["version"], "books": told["books"]}
    after = ada.patch(where, asked, content_type="application/json").json()
    assert [(book["name"], len(book["pages"])) for book in after["books"]] == [("CON", 2), ("طبول / 🥁", 2)]
    assert ada.patch(where, asked, content_type="application/json").status_code == 409
    undo = {"version": after["version"], "verb": "undo"}
    back = ada.post(f"{where}steps/", undo, content_type="application/json").json()
    assert [(book["name"], len(book["pages"])) for book in back["books"]] == [("طبول / 🥁", 3), ("CON", 1)]
    lost = {"version": back["version"], "books": back["books"][:1]}
    refused = ada.patch(where, lost, content_type="application/json")
    assert (refused.status_code, refused.json()["detail"][-15:]) == (422, " is in no book.")
    page = back["books"][0]["pages"][0]
    assert ada.get(f"{where}{page['source']}/0/").content.startswith(b"\x89PNG")
    assert ada.get(f"{where}{page['source']}/1/").status_code == 404
    assert ada.post(f"{where}look/").json() == {"job": None}
    made = ada.post(f"{where}originals/", {"by": "song"}, content_type="application/json")
    job = Job.objects.get(pk=made.json()["job"])
    assert (job.recipe, job.options) == ("originals", {"originals.by": "song"})
    read = ada.post(f"{where}read/")
    assert made.status_code == read.status_code == 201
    assert read.headers["Location"] == f"/api/v1/jobs/{read.json()['job']}/"


def test_sixty_books_are_shown_at_once(people: Cast, project: Project, as_: Any) -> None:
    files = [bring(project, name=f"{number}.png", data=png(40 + number, 20)) for number in range(60)]

    def grown(old: Arrangement) -> Arrangement:
        for file in files:
            old = pure.add(old, name=file.name, leaves=[Leaf(file.pk, sheet) for sheet in range(40)])
        return old

    steps.grow(project, grown)
    page = as_(people.ada).get(f"/projects/{project.pk}/sort/").content.decode()
    assert page.count('role="option"') == 2400
    moved = {"version": 0, "verb": "move", "given": {"leaves": [f"{files[59].pk}-0"], "book": "b1"}}
    answer = as_(people.ada).post(f"/projects/{project.pk}/sort/change/", moved, content_type="application/json")
    assert sorted(answer.json()["books"]) == ["b1", "b60"]  # what changed alone


def jpeg(page: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(page)).save(out, "JPEG", quality=85)
    return out.getvalue()


def test_a_damaged_page_in_the_middle_is_named_and_replaced_and_stops_no_other(
    people: Cast, project: Project, work: Work, tmp_path: Path, as_: Any
) -> None:
    ada, songs = as_(people.ada), (*SONGS, ("Late Waltz", 12, 7))
    pages = pictures(engraved(tmp_path, "Flute 1", songs=songs))
    book = bound([jpeg(pages[0]), None, jpeg(pages[2])], tmp_path / "flute.pdf")
    flute = bring(project, name="flute.pdf", data=book.read_bytes())
    bring(project, name="clarinet.pdf", data=engraved(tmp_path, "Clarinet in Bb", songs=songs[:2]))
    sorting.start_look(people.ada, project=project)
    work()
    shown = ada.get(f"/projects/{project.pk}/sort/").content.decode()
    assert "flute.pdf, page 2, This page is damaged and cannot be opened. Scan or export this page again." in shown
    job = sorting.start_reading(people.ada, project=project)
    work()
    done(job)
    assert [notice for notice in job.notices if notice.startswith("“flute.pdf”, page 2: This page is damaged")]
    assert {(score.book.instrument, score.song.title) for score in Score.objects.all()} == {  # type: ignore[union-attr]
        ("Flute 1", "Evening Air"), ("Flute 1", "Late Waltz"),
        ("Clarinet", "Evening Air"), ("Clarinet", "Morning March"),
    }  # fmt: skip

    given = {"leaf": f"{flute.pk}-1", "version": steps.standing(project).version}
    file = SimpleUploadedFile("page 2 again.png", pages[1])
    assert ada.post(f"/projects/{project.pk}/sort/replace/", given | {"file": file}).status_code == 302
    work()
    leaf = arranged(project).books[0].leaves[1]
    assert leaf.source != flute.pk
    assert [start.title for start in leaf.starts] == ["Morning March"]  # nobody knew before that a song begins there
    job = sorting.start_reading(people.ada, project=project)
    work()
    done(job)
    march = Score.objects.get(book__instrument="Flute 1", song__title="Morning March").latest
    assert march is not None
    assert march.summary["bars"] == 16
    assert Score.objects.filter(book__instrument="Flute 1").count() == 3


def test_what_she_marked_on_a_new_page_stands_whatever_is_found_on_it(
    people: Cast, project: Project, work: Work, tmp_path: Path, as_: Any
) -> None:
    torn = bring(project, name="torn.pdf", data=b"%PDF-1.4 torn" + pdf()[9:40])
    sorting.start_look(people.ada, project=project)
    work()
    given = {"leaf": f"{torn.pk}-0", "version": steps.standing(project).version}
    file = SimpleUploadedFile("flute.pdf", engraved(tmp_path, "Flute 1"))
    assert as_(people.ada).post(f"/projects/{project.pk}/sort/replace/", given | {"file": file}).status_code == 302
    (leaf,) = arranged(project).leaves()
    do(project, "begin", leaf=leaf.id, y=0.5, title="Hers")
    work()
    assert told(project) == [("torn.pdf", [(0, ("Hers",)), (1, ())])]
    assert [leaf.out for leaf in arranged(project).leaves()] == [False, True]
    assert sorting.to_look_at(project) == []
