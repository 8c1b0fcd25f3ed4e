"""The way through a part-book job, from files to printed books: where it stands, and what comes next.

A page of the job shows it with `{% load steps %}{% steps project "review" %}`, the name being its own step's. A step
is a line in STEPS; one whose page does not exist is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.urls import NoReverseMatch, reverse

from notation.books import UNTITLED, Cell, table
from notation.models import Book, PrintSet, Revision, Song, SongCheck
from notation.sorting import standing
from notation.words import counted
from projects.models import Project, Source

PAPER = (Source.Kind.PDF, Source.Kind.IMAGE)
NOTATION = (Source.Kind.NOTATION, Source.Kind.MIDI)


@dataclass(frozen=True)
class Said:
    """What stands beside a step. done: None where it may be left out, so that nobody is sent there."""

    words: str = ""
    done: bool | None = None


class Standing:
    """What the steps ask about a project; each question is answered once."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def paper(self) -> int:
        return self.project.sources.filter(kind__in=PAPER).count()

    @cached_property
    def scanned(self) -> bool:
        return Book.objects.filter(project=self.project, sources__kind__in=PAPER).exists()

    @cached_property
    def unread(self) -> int:
        """PDFs and pictures of which there is no book."""
        return self.project.sources.filter(kind__in=PAPER, books=None).count()

    @cached_property
    def files(self) -> int:
        return self.paper + self.project.sources.filter(kind__in=NOTATION).count()

    @cached_property
    def sorted(self) -> int:
        return len(standing(self.project).arranged.books)

    @cached_property
    def books(self) -> int:
        """That were read or taken in."""
        return Book.objects.filter(project=self.project, rule={}).count()

    @cached_property
    def derived(self) -> int:
        return Book.objects.filter(project=self.project).exclude(rule={}).count()

    @cached_property
    def checked(self) -> bool:
        return SongCheck.objects.filter(song__project=self.project).exists()

    @cached_property
    def untitled(self) -> int:
        return Song.objects.filter(project=self.project, title__startswith=UNTITLED).count()

    @cached_property
    def songs(self) -> int:
        return Song.objects.filter(project=self.project).count()

    @cached_property
    def cells(self) -> list[Cell]:
        return [cell for row in table(self.project)[1] for cell in row.cells if cell.score is not None]


@dataclass(frozen=True)
class Kind:
    """A step as it is for every project."""

    name: str
    label: str
    page: str  # the name of its URL, which takes the project's number
    look: Callable[[Standing], Said]
    anchor: str = ""


@dataclass(frozen=True)
class Step:
    """A step of one project's job."""

    name: str
    label: str
    url: str
    words: str
    done: bool
    here: bool  # the page that shows it
    next: bool  # what is to be done now

    @property
    def state(self) -> str:
        """In a word, for who hears the page."""
        return "done" if self.done else "next" if self.next else ""


def _files(at: Standing) -> Said:
    return Said(counted(at.files, "file"), at.files > 0)


def _sort(at: Standing) -> Said:
    return Said(counted(at.sorted, "book"), True) if at.sorted else Said()


def _read(at: Standing) -> Said:
    """What nobody has read is told, but where others were she may have left it out, or it could not be read."""
    words = counted(at.books, "book")
    if not at.unread:
        return Said(words, at.books > 0)
    return Said(f"{words}, {at.unread} unread" if at.books else words, None if at.scanned else False)


def _review(at: Standing) -> Said:
    doubtful = sum(cell.doubtful for cell in at.cells)
    wrong = sum(cell.state == "wrong" for cell in at.cells)
    words = counted(doubtful, "doubt") if doubtful else counted(wrong, "part") + " to see" if wrong else ""
    return Said(words, bool(at.cells) and not doubtful and not wrong)


def _songs(at: Standing) -> Said:
    return Said(counted(at.songs, "song"), at.songs > 0 and not at.untitled)


def _checks(at: Standing) -> Said:
    against = sum(cell.against for cell in at.cells)
    if against:
        return Said(counted(against, "disagreement"), False)
    return Said("", True if at.cells and at.checked else None)


def _derive(at: Standing) -> Said:
    return Said(counted(at.derived, "part") if at.derived else "", True if at.derived else None)


def _print(at: Standing) -> Said:
    made = PrintSet.objects.filter(project=at.project).exclude(file="").values_list("created_at", flat=True).first()
    if made is None:
        return Said("", False)
    newer = Revision.objects.filter(score__project=at.project, created_at__gt=made).exists()
    return Said("changed since" if newer else "files made", not newer)


def _unsaid(at: Standing) -> Said:
    return Said()


STEPS: tuple[Kind, ...] = (
    Kind("files", "Files", "projects:detail", _files),
    Kind("sort", "Sort", "jobs:sort", _sort),
    Kind("read", "Read", "projects:detail", _read, anchor="part-books"),
    Kind("review", "Review", "notation:review", _review),
    Kind("checks", "Checks", "notation:checks", _checks),
    Kind("derive", "Derive", "notation:generate", _derive),
    Kind("songs", "Songs", "notation:songs", _songs),
    Kind("print", "Print", "notation:download", _print),
)


def steps(project: Project, *, here: str = "") -> list[Step]:
    """The steps in order; on a project's own page none where it has neither books nor anything to make them of."""
    at = Standing(project)
    if here == "files" and not (at.books or at.paper or at.files > 1):  # one notation file is a score by itself
        return []
    found: list[Step] = []
    led = False  # to the next one
    for kind in STEPS:
        try:
            url = reverse(kind.page, args=[project.pk])
        except NoReverseMatch:
            continue
        said = kind.look(at)
        done = bool(said.done)
        leads = not led and said.done is False
        led = led or leads
        anchor = f"#{kind.anchor}" if kind.anchor else ""
        found.append(Step(kind.name, kind.label, url + anchor, said.words, done, kind.name == here, leads))
    return found
