"""Every error of the API as RFC 9457 problem+json, with a stable ``code``.

``Problem`` is what views raise; ``exception_handler`` turns it, and whatever REST framework or Django raise, into a
reply. An error nobody foresaw leaves only an ``error_id`` with the client; the log line under that id has the rest.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions

from apps.monitoring import health

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
WWW_AUTHENTICATE = 'Api-Key realm="api"'


class ProblemCode(StrEnum):
    """What went wrong, as a client's program reads it. Codes are never renamed or reused."""

    BAD_REQUEST = "bad_request"
    MALFORMED_JSON = "malformed_json"
    PARAMETER_INVALID = "parameter_invalid"
    VALIDATION_FAILED = "validation_failed"
    FEED_UNAVAILABLE = "feed_unavailable"
    FEED_UNKNOWN = "feed_unknown"
    ROUND_UNKNOWN = "round_unknown"
    REPORT_UNKNOWN = "report_unknown"
    NO_PRICE_YET = "no_price_yet"
    PRICE_PAUSED = "price_paused"
    CHAIN_UNKNOWN = "chain_unknown"
    NOT_PUBLISHED = "not_published"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    BODY_TOO_LARGE = "body_too_large"
    UNAUTHENTICATED = "unauthenticated"
    KEY_INVALID = "key_invalid"
    SCOPE_MISSING = "scope_missing"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IDEMPOTENCY_KEY_IN_FLIGHT = "idempotency_key_in_flight"
    NO_QUORUM = "no_quorum"
    NOTHING_ACCEPTED = "nothing_accepted"
    SUBMISSION_FAILED = "submission_failed"
    HOLD_UNKNOWN = "hold_unknown"
    HOLD_CLOSED = "hold_closed"
    HOLD_REASON_MISSING = "hold_reason_missing"
    HOLD_OUT_OF_BOUNDS = "hold_out_of_bounds"
    HOLD_MOVED = "hold_moved"
    HOLD_SAME_PERSON = "hold_same_person"
    NOT_AN_OPERATOR = "not_an_operator"
    CHAIN_UNAVAILABLE = "chain_unavailable"
    CHAIN_READ_INCONSISTENT = "chain_read_inconsistent"
    NOT_READY = health.NOT_READY_CODE
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Kind:
    """HTTP status and short title that always go with a code."""

    status: int
    title: str


KINDS: Mapping[ProblemCode, Kind] = {
    ProblemCode.BAD_REQUEST: Kind(400, "The request cannot be understood"),
    ProblemCode.MALFORMED_JSON: Kind(400, "The body is not valid JSON"),
    ProblemCode.PARAMETER_INVALID: Kind(400, "A query parameter or header is invalid"),
    ProblemCode.VALIDATION_FAILED: Kind(422, "The body does not have the expected form"),
    ProblemCode.FEED_UNAVAILABLE: Kind(422, "A feed is unknown or disabled"),
    ProblemCode.FEED_UNKNOWN: Kind(404, "No such feed"),
    ProblemCode.ROUND_UNKNOWN: Kind(404, "No such round"),
    ProblemCode.REPORT_UNKNOWN: Kind(404, "No signed report of this feed yet"),
    ProblemCode.NO_PRICE_YET: Kind(404, "The contract has no price of this feed yet"),
    ProblemCode.PRICE_PAUSED: Kind(503, "The contract is paused, or this feed of it"),
    ProblemCode.CHAIN_UNKNOWN: Kind(404, "No such destination"),
    ProblemCode.NOT_PUBLISHED: Kind(404, "The feed is not published to that destination"),
    ProblemCode.NOT_FOUND: Kind(404, "Nothing at this address"),
    ProblemCode.METHOD_NOT_ALLOWED: Kind(405, "This address does not take that method"),
    ProblemCode.NOT_ACCEPTABLE: Kind(406, "Only JSON can be answered"),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: Kind(415, "The body must be JSON"),
    ProblemCode.BODY_TOO_LARGE: Kind(413, "The body is too large"),
    ProblemCode.UNAUTHENTICATED: Kind(401, "An API key is needed"),
    ProblemCode.KEY_INVALID: Kind(401, "The API key is not valid"),
    ProblemCode.SCOPE_MISSING: Kind(403, "The API key lacks a scope"),
    ProblemCode.FORBIDDEN: Kind(403, "Not allowed"),
    ProblemCode.THROTTLED: Kind(429, "Too many requests"),
    ProblemCode.IDEMPOTENCY_KEY_INVALID: Kind(400, "The Idempotency-Key header is invalid"),
    ProblemCode.IDEMPOTENCY_KEY_REUSED: Kind(422, "The Idempotency-Key was used for another request"),
    ProblemCode.IDEMPOTENCY_KEY_IN_FLIGHT: Kind(409, "A request with this Idempotency-Key is still running"),
    ProblemCode.NO_QUORUM: Kind(503, "Too few sources gave a usable price"),
    ProblemCode.NOTHING_ACCEPTED: Kind(503, "No price of the round was acceptable"),
    ProblemCode.SUBMISSION_FAILED: Kind(503, "The round's report could not be written to the chain"),
    ProblemCode.HOLD_UNKNOWN: Kind(404, "No such held price"),
    ProblemCode.HOLD_CLOSED: Kind(409, "The held price does not wait any more"),
    ProblemCode.HOLD_REASON_MISSING: Kind(422, "A decision needs a reason"),
    ProblemCode.HOLD_OUT_OF_BOUNDS: Kind(422, "Bounds are edited, not approved"),
    ProblemCode.HOLD_MOVED: Kind(409, "The price was another when it was looked at"),
    ProblemCode.HOLD_SAME_PERSON: Kind(409, "A second person must approve"),
    ProblemCode.NOT_AN_OPERATOR: Kind(403, "The key stands for nobody who may decide"),
    ProblemCode.CHAIN_UNAVAILABLE: Kind(503, "The chain cannot be read"),
    ProblemCode.CHAIN_READ_INCONSISTENT: Kind(503, "Nodes contradict each other or what they said before"),
    ProblemCode.NOT_READY: Kind(health.NOT_READY_STATUS, health.NOT_READY_TITLE),
    ProblemCode.INTERNAL_ERROR: Kind(500, "Something went wrong here"),
}

_BY_STATUS = {
    400: ProblemCode.BAD_REQUEST,
    401: ProblemCode.UNAUTHENTICATED,
    403: ProblemCode.FORBIDDEN,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    406: ProblemCode.NOT_ACCEPTABLE,
    413: ProblemCode.BODY_TOO_LARGE,
    415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    429: ProblemCode.THROTTLED,
}


def code_of_status(status: int) -> ProblemCode:
    """Return the code for an error of which only the HTTP status is known."""
    return _BY_STATUS.get(status, ProblemCode.BAD_REQUEST if status < 500 else ProblemCode.INTERNAL_ERROR)


class Problem(exceptions.APIException):
    """An error with a code. ``members`` are further fields of the body, ``retry_after_s`` sets Retry-After."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        self.status_code = KINDS[code].status
        super().__init__(detail=detail, code=code.value)
        self.problem_code = code
        self.text = detail
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)
        self.members: dict[str, Any] = {**members}
        if errors:
            self.members["errors"] = [dict(error) for error in errors]


def problem_body(problem: Problem, *, instance: str) -> dict[str, Any]:
    """Return the body of the problem. ``instance`` is the path that was asked for."""
    kind = KINDS[problem.problem_code]
    return {
        "type": f"/api/problems/{problem.problem_code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.text,
        "instance": instance,
        "code": problem.problem_code.value,
        **problem.members,
    }


def problem_response(problem: Problem, *, instance: str) -> JsonResponse:
    """Return the problem as a reply that needs no renderer, for errors that come before one is chosen."""
    status = KINDS[problem.problem_code].status
    headers = dict(problem.headers)
    if status == 401:
        headers["WWW-Authenticate"] = WWW_AUTHENTICATE
    body = problem_body(problem, instance=instance)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """Return any exception of a view as problem+json (REST framework's EXCEPTION_HANDLER)."""
    request = context["request"]
    return problem_response(as_problem(exc), instance=request.path)


def as_problem(exc: Exception) -> Problem:
    """Return the problem that tells a client of this exception."""
    match exc:
        case Problem():
            return exc
        case Http404() | exceptions.NotFound():
            return Problem(ProblemCode.NOT_FOUND, "There is nothing at this address.")
        case PermissionDenied():
            return Problem(ProblemCode.FORBIDDEN, "This is not allowed.")
        case exceptions.APIException():
            return _of_framework(exc)
    return unforeseen(exc)


def _of_framework(exc: exceptions.APIException) -> Problem:
    match exc:
        case exceptions.ParseError():
            return Problem(ProblemCode.MALFORMED_JSON, str(exc.detail))
        case exceptions.Throttled():
            seconds = max(1, math.ceil(getattr(exc, "wait", None) or 1))
            return Problem(ProblemCode.THROTTLED, f"Try again in {seconds} s.", retry_after_s=seconds)
        case exceptions.ValidationError():
            errors = flatten(exc.detail)
            return Problem(ProblemCode.VALIDATION_FAILED, "See `errors` for each field.", errors=errors)
    return Problem(code_of_status(exc.status_code), str(exc.detail))


def unforeseen(exc: Exception) -> Problem:
    """Log an error nobody expected and return a problem that only carries the id to find it by."""
    error_id = uuid.uuid4().hex[:12]
    logger.error("unforeseen API error", exc_info=exc, extra={"error_id": error_id})
    return Problem(
        ProblemCode.INTERNAL_ERROR,
        f"The error was logged under {error_id}; please tell the operator this id.",
        error_id=error_id,
    )


def flatten(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """Return REST framework's nested validation errors as ``{pointer, code, detail}`` rows (RFC 6901 pointers)."""
    match detail:
        case dict():
            return [row for name, inner in detail.items() for row in flatten(inner, _below(pointer, name))]
        case list() if any(isinstance(item, dict | list) for item in detail):
            return [row for index, inner in enumerate(detail) for row in flatten(inner, f"{pointer}/{index}")]
        case list():
            return [row for item in detail for row in flatten(item, pointer)]
    return [{"pointer": pointer, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}]


def _below(pointer: str, name: object) -> str:
    if name == "non_field_errors":
        return pointer
    escaped = str(name).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"


def not_a_view(request: HttpRequest, status: int) -> JsonResponse:
    """Return the problem for an error that Django itself answered (unknown URL, bad host, oversized body)."""
    code = code_of_status(status)
    return problem_response(Problem(code, f"{KINDS[code].title}."), instance=request.path)
