"""How many rows the API lists at once."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """`limit` and `offset`; a larger limit than the most is the most, whatever number was sent."""

    max_limit = 200
