"""`{% load steps %}{% steps project "review" %}`: the way through the job, on each of its pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from notation.steps import steps as steps_of
from projects.models import Project

register = template.Library()


@register.inclusion_tag("notation/_steps.html", takes_context=True)
def steps(context: Context, project: Project, here: str = "") -> dict[str, Any]:
    """here: the name of the step whose page this is, as in notation/steps.py."""
    return {"steps": steps_of(project, here=here), "request": context.get("request")}
