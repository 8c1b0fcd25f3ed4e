"""The fixed cast of the tests, and one of everything that belongs to Ada.

    Ada   owns everything there is here; a plain user
    Ben   another plain user, with nothing of his own; for him Ada's things do not exist
    Pia   premium: the same doors as Ben, higher limits
    Olga  admin: runs the house through the admin pages; outside them she may not see Ada's things either

`SAMPLES` names an object of Ada's for every URL pattern with arguments. tests/projects/test_walk.py fails for a
pattern that has none, so whoever adds a URL adds its sample here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import ApiToken, User
    from media_pipeline.models import Job
    from notation.models import Book, Export, PrintSet, Revision, Score, Song, SongChange
    from projects.models import Project, Source, Upload

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    ada: User
    ben: User
    pia: User
    olga: User


def make_cast() -> Cast:
    from accounts.services import make_person

    def person(name: str, role: str) -> User:
        return make_person(f"{name.lower()}@example.org", password=PASSWORD, name=name, role=role)

    return Cast(person("Ada", "user"), person("Ben", "user"), person("Pia", "premium"), person("Olga", "admin"))


# --- small files whose kind is certain ------------------------------------------------------------------------------
def wav(seconds: float = 0.1, *, rate: int = 8000) -> bytes:
    """Silence, 16 bit, mono."""
    data = bytes(2 * int(seconds * rate))
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = b"\1\0\1\0" + rate.to_bytes(4, "little") + (2 * rate).to_bytes(4, "little") + b"\2\0\x10\0"
    return head + form + b"data" + len(data).to_bytes(4, "little") + data


MUSICXML = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"
  "http://www.musicxml.org/dtds/partwise.dtd">
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time>
<clef><sign>G</sign><line>2</line></clef></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration><type>whole</type></note></measure></part>
</score-partwise>
"""


def png(width: int = 40, height: int = 20) -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def pdf(pages: int = 2) -> bytes:
    import io

    import pikepdf

    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP of these, PDFs as they are."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name.endswith(".pdf") else zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- one of everything of Ada's -------------------------------------------------------------------------------------
def bring(project: Any, *, name: str, data: bytes) -> Any:
    """Put a file into a project the way an upload does; returns the Source."""
    import io

    from projects.uploads import add_file

    return add_file(project, user=project.owner, name=name, file=io.BytesIO(data), size_bytes=len(data)).source


def make_things(cast: Cast, *, committed: Callable[[], AbstractContextManager[Any]] = nullcontext) -> Things:
    """Real rows and files, made by the same services that the pages use.

    committed: a context at whose end everything happens that waits for a commit.
    """
    import hashlib
    from pathlib import Path

    from django.core.files.base import ContentFile
    from django.utils import timezone

    from accounts.tokens import make_token
    from media_pipeline.models import Job
    from media_pipeline.services import start_job
    from notation.books import BookRead, SongRead, keep
    from notation.models import Book, Export, PrintSet, Score, Song, SongChange
    from notation.printing.choices import Choices
    from notation.printing.listing import listed
    from notation.printing.order import contents_of
    from notation.songs import describe
    from projects import services, uploads

    mark = "Zwölftonlied"
    ada = cast.ada
    project = services.create_project(ada, title=f"{mark} project", description=f"{mark} for the walk")
    trashed = services.create_project(ada, title=f"{mark} thrown away")
    services.trash_project(trashed)
    trashed.refresh_from_db()
    token, secret = make_token(ada, name=f"{mark} token")
    audio = bring(project, name=f"{mark}.wav", data=wav(2.0))
    with committed():  # the score opens by itself
        notation = bring(project, name=f"{mark}.musicxml", data=MUSICXML)
    score = Score.objects.get(source=notation)
    revision = score.revisions.get()
    export = Export.objects.create(revision=revision, kind="musicxml", name=f"{mark}.musicxml", media_type="text/xml")
    export.file.save("export", ContentFile(MUSICXML))
    book_pdf = bring(project, name=f"{mark}.pdf", data=pdf())
    read = SongRead(mark, "", MUSICXML, 1, "4/4", {"bars": 1, "doubtful": 1}, reading_of(mark))
    keep(project, read=[BookRead((book_pdf,), 0, f"{mark} flute", (read,))], author=ada)
    describe(Song.objects.get(project=project), tempo=f"{mark} tempo", author=ada)
    print_set = PrintSet.objects.create(project=project, title=f"{mark} set", contents=contents_of(project, Choices()))
    archive = zipped({f"books/{mark}.pdf": pdf(), f"parts/{mark}/{mark}.musicxml": MUSICXML})
    print_set.file.save("set.zip", ContentFile(archive), save=False)
    print_set.sha256, print_set.size = hashlib.sha256(archive).hexdigest(), len(archive)
    print_set.files, print_set.made_at = listed(Path(print_set.file.path)), timezone.now()
    print_set.save()
    job = start_job(ada, project=project, recipe="guitar-tab", sources=[audio])
    failed = start_job(ada, project=project, recipe="guitar-tab", sources=[audio])
    Job.objects.filter(pk=failed.pk).update(state=Job.State.FAILED, problem="It failed.")
    return Things(
        mark=mark,
        project=project,
        trashed=trashed,
        token=token,
        secret=secret,
        audio=audio,
        notation=notation,
        pdf=book_pdf,
        upload=uploads.start(project, user=ada, name=f"{mark}.mp3", size_bytes=1000),
        score=score,
        revision=revision,
        export=export,
        print_set=print_set,
        job=job,
        failed=failed,
        song=Song.objects.get(project=project),
        book=Book.objects.get(project=project),
        cell=Score.objects.get(project=project, book__isnull=False),
        change=SongChange.objects.get(project=project),
    )


def reading_of(name: str, *, doubtful: bool = True) -> dict[str, Any]:
    """One bar on one page, as notation/reading.py has it; there is no picture of the page."""
    bar = {
        "measure": 0,
        "page": 1,
        "box": [10, 10, 90, 40],
        "doubt": 0.8,
        "doubtful": doubtful,
        "reasons": ["too long"],
    }
    page = {"number": 1, "label": f"{name}, page 1", "key": "0" * 64, "sheet": 0, "size": [100, 140]}
    return {"engine": "none", "pages": [page], "bars": [bar]}


@dataclass(frozen=True)
class Things:
    """Ada's things, and a mark that stands in all their names: nobody else's page may show it."""

    mark: str
    project: Project
    trashed: Project
    token: ApiToken
    secret: str  # of the token
    audio: Source
    notation: Source
    pdf: Source
    upload: Upload  # unfinished
    score: Score  # opened from `notation`
    revision: Revision
    export: Export  # made
    print_set: PrintSet  # made; a book and a part
    job: Job  # waiting
    failed: Job
    song: Song  # of the part books
    book: Book
    cell: Score  # what the book has of the song
    change: SongChange  # the song's tempo was typed


# URL name -> its arguments, so that it is about something of Ada's. Add yours here.
SAMPLES: dict[str, Callable[[Things], dict[str, Any]]] = {
    "accounts:revoke_token": lambda things: {"pk": things.token.pk},
    **dict.fromkeys(
        [
            "projects:detail",
            "projects:sources",
            "projects:add_files",
            "projects:edit",
            "projects:trash",
            "jobs:of_project",
            "jobs:start",
            "jobs:part_books",
            "jobs:sort",
            "jobs:sort_books",
            "jobs:sort_change",
            "jobs:sort_look",
            "jobs:sort_read",
            "jobs:sort_print",
            "jobs:sort_replace",
            "notation:of_project",
            "notation:review",
            "notation:checks",
            "notation:checks_repair_all",
            "notation:download",
            "notation:print_choices",
            "notation:print_list",
            "jobs:prints",
            "jobs:print_preview",
            "jobs:print_preview_page",
            "jobs:proof_reading",
            "jobs:derive",
            "notation:generate",
            "notation:rule_preview",
            "notation:derived_remove",
            "notation:rules_shared",
            "notation:rule_put",
            "notation:rule_delete",
            "notation:rule_move",
            "notation:rules_reset",
            "notation:rules_take",
            "notation:rule_quick",
            "notation:steps",
            "notation:songs",
            "notation:undo_songs",
            "api:project-detail",
        ],
        lambda things: {"pk": things.project.pk},
    ),
    **dict.fromkeys(
        ["projects:restore", "projects:purge", "api:project-restore"], lambda things: {"pk": things.trashed.pk}
    ),
    **dict.fromkeys(
        [
            "projects:source",
            "projects:source_file",
            "projects:source_rename",
            "projects:source_delete",
            "jobs:of_source",
            "api:source-detail",
            "api:source-file",
        ],
        lambda things: {"pk": things.audio.pk},
    ),
    "notation:cell": lambda things: {"pk": things.project.pk, "score": things.cell.pk},
    **dict.fromkeys(
        [
            "notation:cell_edit",
            "notation:cell_accept",
            "notation:cell_derived",
            "notation:cell_undo",
            "notation:cell_redo",
            "notation:cell_elsewhere",
            "notation:cell_history",
        ],
        lambda things: {"pk": things.project.pk, "score": things.cell.pk},
    ),
    "notation:cell_lines": lambda things: {"pk": things.project.pk, "score": things.cell.pk, "number": 1},
    **dict.fromkeys(
        ["notation:cell_bar", "notation:cell_sound"],
        lambda things: {"pk": things.project.pk, "score": things.cell.pk, "number": 1, "bar": 0},
    ),
    "notation:cell_music": lambda things: {"pk": things.project.pk, "score": things.cell.pk, "number": 1},
    "notation:cell_bars": lambda things: {
        "pk": things.project.pk,
        "score": things.cell.pk,
        "number": 1,
        "first": 0,
    },
    "notation:checks_undo": lambda things: {"pk": things.cell.pk, "number": 1},
    **dict.fromkeys(["notation:checks_repair", "notation:checks_dismiss"], lambda things: {"pk": things.song.pk}),
    "jobs:bar_picture": lambda things: {"pk": things.cell.pk, "measure": 0},
    **dict.fromkeys(
        ["notation:split_song", "notation:beside", "notation:song_begins", "notation:delete_cell"],
        lambda things: {"pk": things.project.pk, "score": things.cell.pk},
    ),
    **dict.fromkeys(
        ["notation:song_book", "notation:song_choice"],
        lambda things: {"pk": things.project.pk, "book": things.book.pk},
    ),
    **dict.fromkeys(
        [
            "notation:rename_song",
            "notation:move_song",
            "notation:describe_song",
            "notation:place_song",
            "notation:merge_song",
            "notation:same_song",
            "notation:delete_song",
        ],
        lambda things: {"pk": things.song.pk},
    ),
    **dict.fromkeys(["notation:rename_song", "notation:move_song"], lambda things: {"pk": things.song.pk}),
    **dict.fromkeys(
        ["jobs:sort_small", "jobs:sort_large"],
        lambda things: {"pk": things.project.pk, "source": things.pdf.pk, "sheet": 0},
    ),
    **dict.fromkeys(
        ["api:pages", "api:pages-step", "api:pages-look", "api:pages-read", "api:pages-originals"],
        lambda things: {"project": things.project.pk},
    ),
    "api:pages-picture": lambda things: {"project": things.project.pk, "source": things.pdf.pk, "sheet": 0},
    "jobs:file": lambda things: {"pk": things.job.pk},
    "jobs:page": lambda things: {"pk": things.cell.pk, "number": 1},
    **dict.fromkeys(
        ["api:song-list", "api:book-list", "api:cell-list", "api:chair-list", "api:print-list"],
        lambda things: {"project": things.project.pk},
    ),
    **dict.fromkeys(
        ["api:print-detail", "api:print-cancel", "api:print-file"],
        lambda things: {"project": things.project.pk, "pk": things.print_set.pk},
    ),
    "api:print-one": lambda things: {"project": things.project.pk, "pk": things.print_set.pk, "number": 1},
    "jobs:print_archive": lambda things: {"pk": things.print_set.pk},
    "jobs:print_file": lambda things: {"pk": things.print_set.pk, "number": 1},
    **dict.fromkeys(["api:song-change-list", "api:notation-files-list"], lambda things: {"project": things.project.pk}),
    **dict.fromkeys(
        ["api:song-detail", "api:song-merge", "api:song-same"],
        lambda things: {"project": things.project.pk, "pk": things.song.pk},
    ),
    "api:song-change-undo": lambda things: {"project": things.project.pk, "pk": things.change.pk},
    **dict.fromkeys(
        [
            "api:cell-split",
            "api:cell-begins",
            "api:cell-edits",
            "api:cell-accept",
            "api:cell-derived",
            "api:cell-undo",
            "api:cell-redo",
            "api:cell-elsewhere",
        ],
        lambda things: {"project": things.project.pk, "pk": things.cell.pk},
    ),
    **dict.fromkeys(
        [
            "api:check-list",
            "api:check-repair",
            "api:check-dismiss",
            "api:rule-list",
            "api:rule-tick",
            "api:rule-reset",
            "api:rule-all",
            "api:proof-reading-list",
            "api:derive-list",
        ],
        lambda things: {"project": things.project.pk},
    ),
    **dict.fromkeys(
        ["api:rule-detail", "api:rule-move", "api:rule-preview"],
        lambda things: {"project": things.project.pk, "pk": 4},
    ),
    "api:book-detail": lambda things: {"project": things.project.pk, "pk": things.book.pk},
    "api:cell-detail": lambda things: {"project": things.project.pk, "pk": things.cell.pk},
    "projects:source_preview": lambda things: {"pk": things.pdf.pk},
    "projects:source_preview_page": lambda things: {"pk": things.pdf.pk, "page": 1},
    **dict.fromkeys(
        [
            "projects:upload",
            "projects:upload_finish",
            "projects:upload_discard",
            "api:upload-detail",
            "api:upload-finish",
        ],
        lambda things: {"pk": things.upload.pk},
    ),
    **dict.fromkeys(["projects:upload_part", "api:upload-part"], lambda things: {"pk": things.upload.pk, "number": 1}),
    **dict.fromkeys(
        [
            "notation:score",
            "notation:facts",
            "notation:latest",
            "notation:rename",
            "jobs:recording",
            "jobs:waveform",
            "jobs:options",
            "jobs:exports",
            "api:score-detail",
            "api:score-revisions",
        ],
        lambda things: {"pk": things.score.pk},
    ),
    **dict.fromkeys(
        [
            "notation:revision_document",
            "notation:restore",
            "api:score-revision",
            "api:score-document",
            "api:score-restore",
        ],
        lambda things: {"pk": things.score.pk, "number": things.revision.number},
    ),
    **dict.fromkeys(
        ["jobs:export_file", "api:export-detail", "api:export-file"], lambda things: {"pk": things.export.pk}
    ),
    **dict.fromkeys(
        ["jobs:detail", "jobs:cancel", "jobs:change", "api:job-detail", "api:job-cancel", "api:job-change"],
        lambda things: {"pk": things.job.pk},
    ),
    **dict.fromkeys(["jobs:retry", "api:job-retry"], lambda things: {"pk": things.failed.pk}),
}
