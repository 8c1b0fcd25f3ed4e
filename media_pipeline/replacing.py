"""One bad page is replaced: another file's page takes its place in the book, and is looked at."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from media_pipeline import sight, sorting
from media_pipeline.errors import JobError
from notation import sorting as steps
from notation.score.arrangement import Leaf
from notation.sorting import Standing
from projects import uploads
from projects.models import Project, Source


def replace_page(user: User, *, project: Project, leaf: str, version: int, file: Any) -> Standing:
    """The first page of `file` for the leaf. It can be undone; the file stays in the project either way.

    JobError, NotationError, ProjectError: what is wrong with the file, or that the pages were changed meanwhile.
    """
    standing = steps.standing(project)
    old = standing.arranged.leaf(leaf)  # before anything is stored
    if standing.version != version:
        raise JobError("These pages were changed meanwhile.", hint="Look at them as they are now, then try again.")
    source = uploads.add_file(project, user=user, name=file.name, file=file, size_bytes=file.size).source
    if source is None or source.kind not in sight.KINDS:
        raise JobError("This file is neither a PDF nor a picture.", hint="Choose a scan or photograph of the page.")
    given = {"leaf": leaf, "source": source.pk, "unseen": not _seen(project, old)}
    after, _ = steps.change(project, user=user, version=version, verb="instead", given=given)
    sorting.start_look(user, project=project)
    return after


def _seen(project: Project, leaf: Leaf) -> bool:
    """Whether the page could be opened, so that it is known where songs begin on it."""
    source = Source.objects.filter(project=project, pk=leaf.source).select_related("blob").first()
    sheets = sight.sheets_of(project.owner_id, source) if source is not None else ()
    return leaf.sheet < len(sheets) and sheets[leaf.sheet].page.kind != "unreadable"
