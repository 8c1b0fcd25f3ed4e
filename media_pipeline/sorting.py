"""What can be done with sorted pages: looked at, read, bound anew; and how a page shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from media_pipeline import services, sight, sorted_books, store
from media_pipeline.artifacts import Face
from media_pipeline.errors import JobError
from media_pipeline.models import Job
from media_pipeline.recipes import LOOK, ORIGINALS, SORTED_BOOKS
from notation import sorting
from notation.models import Book
from notation.score.arrangement import Arrangement, Leaf, Sheaf, Start
from projects.models import Project, Source


def pages_files(project: Project) -> list[Source]:
    return list(project.sources.filter(kind__in=sight.KINDS).select_related("blob"))


def to_look_at(project: Project) -> list[Source]:
    """PDFs and pictures whose pages are not sorted yet, or are known no more."""
    files = pages_files(project)
    looked, known = sorting.standing(project).arranged.looked, sight.seen(project.owner_id, files)
    return [source for source in files if source.pk not in looked or source.pk not in known]


def start_look(user: User, *, project: Project) -> Job | None:
    """A first look at what was not looked at yet, or the one under way. None where there is nothing. JobError."""
    return _look(user, project, again=True)


def look_unasked(user: User, *, project: Project, uploaded: bool = False) -> Job | None:
    """The same, where nobody asked: one that was cancelled or failed waits for her to ask. JobError.

    uploaded: files have just come. Beside a recording a PDF or a picture is hardly a part book, so nothing begins.
    """
    if uploaded and project.sources.filter(kind__in=(Source.Kind.AUDIO, Source.Kind.VIDEO)).exists():
        return None
    return _look(user, project, again=False)


def fresh(project: Project, files: Sequence[Source]) -> bool:
    """Whether there are files among these that no first look has begun with."""
    return bool(_left(project, files, again=False))


@transaction.atomic
def _look(user: User, project: Project, *, again: bool) -> Job | None:
    Project.objects.select_for_update().get(pk=project.pk)  # two windows begin one look
    files = _left(project, to_look_at(project), again=again)
    if not files:
        return _looks(project).filter(state__in=Job.ACTIVE).first()
    return services.start_job(user, project=project, recipe=LOOK.name, sources=files, priority=services.SOON)


def _left(project: Project, files: Sequence[Source], *, again: bool) -> list[Source]:
    """Those without a look under way; where not `again`, without one that has ended, too."""
    looks = _looks(project).filter(state__in=Job.ACTIVE) if again else _looks(project)
    begun = set(looks.values_list("sources", flat=True))
    return [source for source in files if source.pk not in begun]


def _looks(project: Project) -> QuerySet[Job]:
    return Job.objects.filter(project=project, recipe=LOOK.name)


def start_reading(user: User, *, project: Project) -> Job:
    """Read the books as their pages are sorted. JobError where there is nothing to read."""
    items, books = _laid_out(project, turning=True)
    return services.start_job(
        user, project=project, recipe=SORTED_BOOKS.name, items=items, books=books, title=_said(books)
    )


def start_originals(user: User, *, project: Project, options: dict[str, Any]) -> Job:
    """Bind the original pages anew, as they are sorted. JobError where there are none."""
    items, books = _laid_out(project, turning=False)
    return services.start_job(
        user, project=project, recipe=ORIGINALS.name, items=items, books=books, options=options,
        title=_said(books), priority=services.SOON,
    )  # fmt: skip


def _laid_out(project: Project, *, turning: bool) -> tuple[list[Any], list[dict[str, Any]]]:
    arranged = sorting.standing(project).arranged
    sources = {source.pk: source for source in pages_files(project)}
    try:
        items, books = sorted_books.laid_out(arranged, sources, owner=project.owner_id, turning=turning)
    except store.Missing:
        raise JobError(
            "The small pictures of these pages were cleared away.", hint="Look at the pages again first."
        ) from None
    if not books:
        raise JobError("There are no pages to work on.", hint="Bring PDFs or pictures, and take in what was left out.")
    return items, books


def _said(books: Sequence[dict[str, Any]]) -> str:
    more = f" and {len(books) - 1} more" if len(books) > 1 else ""
    return f"{books[0]['name']}{more}"


# --- how a page shows them ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A leaf on the page."""

    leaf: Leaf
    number: int  # in its book, from 1
    picture: str  # address of the small picture; "" where it is known no more
    large: str
    width: int
    height: int
    file: str  # its file and page, in words
    problem: str
    marks: tuple[Start, ...]

    @property
    def id(self) -> str:
        return self.leaf.id

    @property
    def words(self) -> str:
        """What it is, for those who do not see it."""
        said = [f"Page {self.number}", self.file]
        said += [f"{'tacet' if mark.tacet else 'song'}: {mark.title or 'without title'}" for mark in self.marks]
        said += ["left out"] if self.leaf.out else []
        said += [f"turned by {self.leaf.turn} degrees"] if self.leaf.turn else []
        return ", ".join([*said, *([self.problem] if self.problem else [])])


@dataclass(frozen=True)
class ShownBook:
    book: Sheaf
    leaves: tuple[Shown, ...]
    strange: str  # what seems wrong with it
    read: Book | None

    @property
    def songs(self) -> int:
        return len([start for leaf in self.book.kept for start in leaf.starts])


def shown(project: Project, arranged: Arrangement, *, only: Collection[str] | None = None) -> list[ShownBook]:
    """The books as the page has them; `only` those with these ids."""
    books = [book for book in arranged.books if only is None or book.id in only]
    wanted = {leaf.source for book in books for leaf in book.leaves}
    files = {source.pk: source for source in pages_files(project) if source.pk in wanted}
    faces = {pk: looks.faces for pk, source in files.items() if (looks := sight.looks_of(project.owner_id, source))}
    keys = {pk: sight.looks_key(source)[:8] for pk, source in files.items()}
    read = {book.sheaf: book for book in Book.objects.filter(project=project).exclude(sheaf="")}
    found = []
    for book in books:
        leaves = []
        for number, leaf in enumerate(book.leaves, start=1):
            if leaf.source in files:
                leaves.append(_shown(project, leaf, number, files[leaf.source], faces.get(leaf.source, ()), keys))
        numbers = [_face(faces.get(leaf.source, ()), leaf.sheet) for leaf in book.kept]
        strange = " ".join(gaps([face.number if face else None for face in numbers]))
        found.append(ShownBook(book, tuple(leaves), strange, read.get(book.id)))
    return found


def _shown(
    project: Project, leaf: Leaf, number: int, source: Source, faces: Sequence[Face], keys: dict[int, str]
) -> Shown:
    face = _face(faces, leaf.sheet)
    width, height = face.size if face else (210, 297)
    if leaf.turn in (90, 270):
        width, height = height, width
    asked = f"?turn={leaf.turn}&v={keys[leaf.source]}"
    address = reverse("jobs:sort_small", args=[project.pk, leaf.source, leaf.sheet])
    large = reverse("jobs:sort_large", args=[project.pk, leaf.source, leaf.sheet])
    many = len(faces) > 1
    return Shown(
        leaf, number, address + asked if face else "", large + asked, width, height,
        f"{source.name}, page {leaf.sheet + 1}" if many else source.name,
        face.problem if face else "The picture of this page was cleared away. Look at the pages again.", leaf.starts,
    )  # fmt: skip


def _face(faces: Sequence[Face], sheet: int) -> Face | None:
    return faces[sheet] if sheet < len(faces) else None


def gaps(numbers: Sequence[int | None]) -> Iterator[str]:
    """Where printed page numbers say that pages are missing. Numbers that go down are those of another song."""
    known = [(place, number) for place, number in enumerate(numbers) if number is not None]
    for (at, one), (then, other) in pairwise(known):
        missing = (other - one) - (then - at)
        if 0 < missing <= 20 and other > one:
            pages = "a page seems" if missing == 1 else f"{missing} pages seem"
            yield f"Between the pages numbered {one} and {other} {pages} to be missing."
