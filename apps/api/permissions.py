"""Which scope a call needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
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


class MayDecide(MayRead):
    """Needs scope ``holds:decide`` and an owner who may change holds, also to read the trail: it names people.

    Keys are cheap and a person may have several, so what decides is the person: two keys of one owner are one voice.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True or raise the problem that says what is missing."""
        if request.method not in view.allowed_methods:
            return super().has_permission(request, view)
        require_scope(request, Scope.HOLDS_DECIDE)
        operator(request)
        return True


def operator(request: Request) -> User:
    """Return the person whose key decides. Raises not_an_operator."""
    owner: User | None = request.auth.owner if isinstance(request.auth, ApiKey) else None
    if owner is None:
        raise Problem(ProblemCode.NOT_AN_OPERATOR, "The key has no owner; decisions about held prices are people's.")
    if not owner.has_perm("rounds.change_hold"):  # False for inactive people as well
        raise Problem(ProblemCode.NOT_AN_OPERATOR, f"{owner.get_username()} may not decide about held prices.")
    return owner


def require_scope(request: Request, scope: Scope) -> bool:
    """Return True when the caller's key has ``scope``. Raises unauthenticated or scope_missing."""
    if not isinstance(request.auth, ApiKey):
        raise Problem(ProblemCode.UNAUTHENTICATED, f"Send `Authorization: Api-Key …` with a key of scope {scope}.")
    if scope not in request.auth.scopes:
        raise Problem(ProblemCode.SCOPE_MISSING, f"This needs scope {scope}; the key has {request.auth.scopes}.")
    return True
