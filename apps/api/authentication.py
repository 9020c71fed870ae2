"""``Authorization: Api-Key prefix.secret``."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.api.models import ApiKey
from apps.api.problems import WWW_AUTHENTICATE, Problem, ProblemCode
from apps.api.services import KeyFormatError, note_use, split_key_text

KEYWORD = "api-key"


def caller(request: Request) -> ApiKey:
    """Return the key of a call that needs one. Raises unauthenticated."""
    api_key: object = request.auth
    if isinstance(api_key, ApiKey):
        return api_key
    raise Problem(ProblemCode.UNAUTHENTICATED, "Send `Authorization: Api-Key <prefix>.<secret>`.")


class ApiKeyAuthentication(BaseAuthentication):
    """Sets ``request.auth`` to the ApiKey. No header is no key; a wrong key is always refused."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """Return an anonymous user and the key, or None when no key was sent."""
        header = request.headers.get("Authorization", "")
        keyword, _, text = header.partition(" ")
        if not header:
            return None
        if keyword.lower() != KEYWORD:
            raise Problem(ProblemCode.KEY_INVALID, "Write `Authorization: Api-Key <prefix>.<secret>`.")
        api_key = self._key(text.strip())
        note_use(api_key, now=timezone.now())
        return AnonymousUser(), api_key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of 401 replies."""
        return WWW_AUTHENTICATE

    def _key(self, text: str) -> ApiKey:
        # One message for all causes: which part was wrong is nobody's business.
        refused = Problem(ProblemCode.KEY_INVALID, "The API key is unknown, wrong or disabled.")
        if not text.isascii() or "\0" in text:
            raise refused
        try:
            prefix, secret = split_key_text(text)
        except KeyFormatError as exc:
            raise refused from exc
        api_key = ApiKey.objects.select_related("owner").filter(prefix=prefix).first()
        if api_key is None or not api_key.accepts(secret) or not api_key.enabled:
            raise refused
        return api_key
