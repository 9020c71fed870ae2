"""``Idempotency-Key``: the same request twice is done once and answered twice.

What began a round is remembered for 24 hours; a request that began nothing is forgotten, so that it may be corrected
and sent again under the same key. Keys belong to the API key that sent them.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.authentication import caller
from apps.api.models import IdempotencyRecord
from apps.api.problems import Problem, ProblemCode
from apps.api.services import (
    IdempotencyKeyInFlightError,
    IdempotencyKeyReusedError,
    answer_idempotency_key,
    claim_idempotency_key,
    release_idempotency_key,
    request_hash,
)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = ("Location", "Preference-Applied", "Retry-After")
MAX_KEY_LENGTH = 255


def answer_once(request: Request, answer: Callable[[], Response]) -> Response:
    """Return ``answer()``, or what it returned when this request came before. Without the header, just do it.

    Raises idempotency_key_invalid, idempotency_key_reused or idempotency_key_in_flight.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return answer()
    record = _claim(request, key=_checked(key))
    if record.status is not None:
        return _replay(record)
    response: Response | None = None
    try:
        response = answer()
    finally:
        if response is None:
            # Whatever stopped it - a refusal, an error, the process being told to end - nothing was answered.
            release_idempotency_key(record)
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    if response.content_type:
        headers["Content-Type"] = response.content_type
    answer_idempotency_key(record, status=response.status_code, body=response.data, headers=headers)
    return response


def _checked(key: str) -> str:
    if 0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable():
        return key
    raise Problem(ProblemCode.IDEMPOTENCY_KEY_INVALID, f"{HEADER}: 1 to {MAX_KEY_LENGTH} printable ASCII characters.")


def _claim(request: Request, *, key: str) -> IdempotencyRecord:
    digest = request_hash(method=request.method or "", path=request.path, body=request.data)
    try:
        return claim_idempotency_key(caller(request), key=key, request_sha256=digest, now=timezone.now())
    except IdempotencyKeyReusedError as exc:
        detail = f"{HEADER} {key!r} came before with another body; use a new key for a new request."
        raise Problem(ProblemCode.IDEMPOTENCY_KEY_REUSED, detail) from exc
    except IdempotencyKeyInFlightError as exc:
        detail = f"The first request with {HEADER} {key!r} has not been answered yet."
        raise Problem(ProblemCode.IDEMPOTENCY_KEY_IN_FLIGHT, detail, retry_after_s=1) from exc


def _replay(record: IdempotencyRecord) -> Response:
    headers = dict(record.headers)
    content_type = headers.pop("Content-Type", None)
    return Response(record.body, status=record.status, headers={**headers, REPLAYED: "true"}, content_type=content_type)
