"""Who may see a score: whoever may see its project. Built on projects.access, the only door."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from notation.models import Revision, Score
from projects.access import Person, projects_of


def scores_of(user: Person) -> QuerySet[Score]:
    """Every score of the projects this person may see; none of trashed projects."""
    return Score.objects.filter(project__in=projects_of(user)).select_related("project", "source")


def score_for(user: Person, pk: int) -> Score:
    """The score, or Http404: whoever may not see it learns nothing, not even that it exists."""
    score = scores_of(user).filter(pk=pk).first()
    if score is None:
        raise Http404("No such score.")
    return score


def revision_for(user: Person, pk: int, number: int) -> Revision:
    revision = Revision.objects.filter(score=score_for(user, pk), number=number).select_related("author").first()
    if revision is None:
        raise Http404("No such revision.")
    return revision
