"""Who may see a score: whoever may see its project. Built on projects.access, the only door."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from notation.models import Book, Revision, Score, Song
from projects.access import Person, projects_of
from projects.models import Project


def scores_of(user: Person) -> QuerySet[Score]:
    """Every score of the projects this person may see; none of trashed projects."""
    return Score.objects.filter(project__in=projects_of(user)).select_related("project", "source")


def score_for(user: Person, pk: int) -> Score:
    """The score, or Http404: whoever may not see it learns nothing, not even that it exists."""
    score = scores_of(user).filter(pk=pk).first()
    if score is None:
        raise Http404("No such score.")
    return score


def songs_of(user: Person) -> QuerySet[Song]:
    return Song.objects.filter(project__in=projects_of(user)).select_related("project")


def song_for(user: Person, pk: int) -> Song:
    song = songs_of(user).filter(pk=pk).first()
    if song is None:
        raise Http404("No such song.")
    return song


def books_of(user: Person) -> QuerySet[Book]:
    return Book.objects.filter(project__in=projects_of(user))


def book_for(user: Person, pk: int, *, project: Project | None = None) -> Book:
    """A part book, of this project where one is named; Http404 otherwise."""
    found = books_of(user).filter(pk=pk)
    book = (found if project is None else found.filter(project=project)).first()
    if book is None:
        raise Http404("No such book.")
    return book


def cell_for(user: Person, project: int, pk: int) -> Score:
    """A score that is what one book has of one song of this project; Http404 otherwise."""
    found = scores_of(user).filter(project=project, pk=pk, song__isnull=False, book__isnull=False)
    score = found.select_related("project", "source", "song", "book").first()
    if score is None:
        raise Http404("No such part.")
    return score


def revision_for(user: Person, pk: int, number: int) -> Revision:
    """What is large of it is fetched when it is asked for: most want its document alone."""
    found = Revision.objects.filter(score=score_for(user, pk), number=number).select_related("author")
    revision = found.defer("reading", "sync").first()
    if revision is None:
        raise Http404("No such revision.")
    return revision
