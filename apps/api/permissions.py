"""Which scope a call needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.api.models import ApiKey, Scope
from apps.api.problems import Problem, ProblemCode


class MayRead(BasePermission):
    """Reading is open, unless API_OPEN_READS is off; then it needs scope ``read``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True or raise the problem that says what is missing."""
        return settings.API_OPEN_READS or require_scope(request, Scope.READ)


class MayReadOrStartRounds(MayRead):
    """Reading as above; every other method needs scope ``rounds:write``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True or raise the problem that says what is missing."""
        if request.method in SAFE_METHODS or request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        return require_scope(request, Scope.ROUNDS_WRITE)


def require_scope(request: Request, scope: Scope) -> bool:
    """Return True when the caller's key has ``scope``. Raises unauthenticated or scope_missing."""
    if not isinstance(request.auth, ApiKey):
        raise Problem(ProblemCode.UNAUTHENTICATED, f"Send `Authorization: Api-Key …` with a key of scope {scope}.")
    if scope not in request.auth.scopes:
        raise Problem(ProblemCode.SCOPE_MISSING, f"This needs scope {scope}; the key has {request.auth.scopes}.")
    return True
