"""What the API's views below /projects/<id>/ share."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from projects.access import project_for
from projects.models import Project

PROJECT = OpenApiParameter("project", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of the project.")
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)
IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"
NUMBER = "[0-9]{1,18}"


class OvertakenSerializer(serializers.Serializer[Any]):
    """The problem of whoever saw an older state; the last three are there where a newer revision is in the way."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    hint = serializers.CharField(required=False, help_text="What you can do.")
    trace = serializers.CharField(required=False, help_text="Names this request in our logs.")
    revision = serializers.IntegerField(required=False, help_text="The newest.")
    by = serializers.CharField(required=False, help_text="Who made it.")
    at = serializers.DateTimeField(required=False, help_text="When.")


# To be put beside an operation's other responses.
OVERTAKEN: dict[Any, Any] = {(409, "application/problem+json"): OvertakenSerializer}


class OfProject:
    """What is below /projects/<id>/: the project first, or 404."""

    def of_project(self) -> Project:
        return project_for(self.request.user, int(self.kwargs["project"]))  # type: ignore[attr-defined]
