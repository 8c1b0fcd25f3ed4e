"""Template helpers for forms about people."""

from __future__ import annotations

from django import template
from django.forms import BoundField

register = template.Library()


@register.filter
def without_placeholder(field: BoundField) -> BoundField:
    """allauth repeats each label as a placeholder, which says nothing new and looks like a value."""
    attributes = field.field.widget.attrs
    if attributes.get("placeholder", "").lower() in {str(field.label).lower(), "email address"}:
        del attributes["placeholder"]
    return field
