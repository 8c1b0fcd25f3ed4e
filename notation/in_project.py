"""What the API's views below /projects/<id>/ share."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from projects.access import project_for
from projects.models import Project

PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"
NUMBER = "[0-9]{1,18}"


class OfProject:
    """What is below /projects/<id>/: the project first, or 404."""

    def of_project(self) -> Project:
        return project_for(self.request.user, int(self.kwargs["project"]))  # type: ignore[attr-defined]
