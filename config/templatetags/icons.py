"""{% icon "warning" %}: a picture from static/icons.svg. Known to every template without being loaded."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_SVG = '<svg class="icon" viewBox="0 0 24 24" {} focusable="false"><use href="{}#{}"/></svg>'


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`label`: what it says where no words stand beside it; without one it is hidden from screen readers."""
    said = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(_SVG, said, static("icons.svg"), name)
