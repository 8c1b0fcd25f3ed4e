"""API tokens: made, shown once, known by their digest, revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import TokenAuthentication as RestTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User

PREFIX = "cp_"  # so that a leaked token can be told for what it is
MOST = 20  # of one person


def make_token(user: User, *, name: str) -> tuple[ApiToken, str]:
    """The row, and the token itself, which nobody can see again."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(user=user, name=name, start=token[:8], digest=digest(token))
    return row, token


def digest(token: str) -> str:
    # The token has 256 bits of chance in it: a plain hash is enough, no salt, no stretching.
    return hashlib.sha256(token.encode()).hexdigest()


class TokenAuthentication(RestTokenAuthentication):
    """`Authorization: Token cp_…`"""

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        row = ApiToken.objects.select_related("user").filter(digest=digest(key)).first()
        if row is None or not row.user.is_active:
            raise AuthenticationFailed("This token is not valid; it may have been revoked.")
        now = timezone.now()
        if row.used_at is None or now - row.used_at > timedelta(hours=1):
            ApiToken.objects.filter(pk=row.pk).update(used_at=now)
        return row.user, row
