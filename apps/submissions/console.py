"""The operator's buttons in admin: each asks for a reason, writes it down, and leaves the doing to the chain worker."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from apps.submissions import operating
from apps.submissions.models import Attempt, OperatorAction, Submission, Wallet

Kind = OperatorAction.Kind
GWEI_DIGITS, GWEI_PLACES = 9, 3
NONCES_SHOWN = 40
SECONDS_SHOWN_UNTIL = 180
TEXTS: dict[str, tuple[str, str]] = {
    Kind.BUMP: (
        "Pay better now",
        "The same report is signed again at the same nonce, both fees at least an eighth higher, up to MAX_FEE_GWEI.",
    ),
    Kind.CANCEL: (
        "Cancel the report",
        "A transfer of nothing takes the nonce, unless the report is mined first; one not sent yet just ends.",
    ),
    Kind.RESEND_FRESH: (
        "Send a fresh report instead",
        "A round is started for these feeds; its report takes the nonce if it comes within two minutes.",
    ),
    Kind.PAUSE: (
        "Pause this lane",
        "Nothing new is sent from this transmitter and nothing repriced. What is in flight is still confirmed.",
    ),
    Kind.RESUME: ("Resume this lane", "The transmitter sends again what waits."),
}


def ask_and_request(
    request: HttpRequest, kind: OperatorAction.Kind, target: Submission | Wallet, *, back: str, site: admin.AdminSite
) -> HttpResponse:
    """Show what would be done; on POST, write it down and go back."""
    title, text = TEXTS[kind]
    if request.method != "POST":
        context = {**site.each_context(request), "title": title, "text": text, "target": target, "back": back}
        return render(request, "admin/submissions/operate.html", context)
    submission, wallet = (target, None) if isinstance(target, Submission) else (None, target)
    action = operating.request(
        kind,
        actor=request.user.get_username(),
        reason=request.POST.get("reason", "").strip(),
        submission=submission,
        wallet=wallet,
    )
    shown = action.outcome or "The chain worker takes it up; its outcome is listed under operator actions."
    messages.success(request, f"{title}: {shown}")
    return HttpResponseRedirect(back)


def submission_button(
    model_admin: Any, request: HttpRequest, object_id: str, kind: OperatorAction.Kind
) -> HttpResponse:
    """Serve one of the buttons of a submission."""
    submission = get_object_or_404(Submission, pk=object_id)
    back = reverse("admin:submissions_submission_change", args=[object_id])
    return ask_and_request(request, kind, submission, back=back, site=model_admin.admin_site)


def wallet_button(model_admin: Any, request: HttpRequest, object_id: str, kind: OperatorAction.Kind) -> HttpResponse:
    """Serve one of the buttons of a lane."""
    wallet = get_object_or_404(Wallet, pk=object_id)
    back = reverse("admin:submissions_wallet_change", args=[object_id])
    return ask_and_request(request, kind, wallet, back=back, site=model_admin.admin_site)


def nonce_timeline(wallet: Wallet) -> SafeString:
    """Return the newest nonces of a lane, newest first: who holds each, and what was signed for it."""
    newest = max(0, wallet.next_nonce - NONCES_SHOWN)
    attempts = Attempt.objects.filter(wallet=wallet, nonce__gte=newest).select_related("submission").defer("raw")
    by_nonce: dict[int, list[Attempt]] = {}
    for attempt in attempts.order_by("-nonce", "created_at"):
        by_nonce.setdefault(attempt.nonce, []).append(attempt)
    rows = format_html_join(
        "",
        '<tr class="border-b border-base-200 align-top dark:border-base-800">'
        '<td class="px-2 py-1 font-medium">{}</td><td class="px-2 py-1">{}</td><td class="px-2 py-1">{}</td></tr>',
        ((nonce, _holders(wallet, held), _signed(held)) for nonce, held in by_nonce.items()),
    )
    return format_html(
        '<div class="overflow-x-auto"><table class="w-full text-sm"><thead><tr class="text-left">'
        '<th class="px-2 py-1">Nonce</th><th class="px-2 py-1">Report</th><th class="px-2 py-1">Transactions</th></tr>'
        "</thead><tbody>{}</tbody></table></div>",
        rows,
    )


def chain_counts(wallet: Wallet) -> str:
    """Return how many nonces the chain counts as mined and waiting, and which is next here."""
    if wallet.mined_nonce is None or wallet.pending_nonce is None or wallet.nonces_read_at is None:
        return "not read yet"
    waiting = wallet.pending_nonce - wallet.mined_nonce
    return (
        f"{wallet.mined_nonce} mined, {waiting} waiting, {wallet.next_nonce} is next here; "
        f"read {_since(wallet.nonces_read_at)} ago"
    )


def fee_text(attempt: Attempt) -> str:
    """Return what an attempt offers, in gwei."""
    cap, tip = (_gwei(wei) for wei in (attempt.max_fee_wei, attempt.tip_wei))
    return f"{cap} gwei" if attempt.is_legacy else f"{cap} gwei, tip {tip}"


def _gwei(wei: int) -> str:
    """Return an amount in gwei, of small ones all digits: 2.5 gwei, 0.000002 gwei."""
    gwei = Decimal(wei).scaleb(-GWEI_DIGITS)
    return format((round(gwei, GWEI_PLACES) if gwei >= 1 else gwei).normalize(), "f")


def age_text(attempt: Attempt) -> str:
    """Return how long ago an attempt was signed, and how often it was sent."""
    times = "once" if attempt.broadcasts == 1 else f"{attempt.broadcasts} times"
    return f"{_since(attempt.created_at)} ago, sent {times if attempt.broadcasts else 'never'}"


def _since(moment: datetime) -> str:
    """Return how long ago something was; in seconds while that is what one on call counts."""
    now = timezone.now()
    seconds = int((now - moment).total_seconds())
    return f"{max(0, seconds)} s" if seconds < SECONDS_SHOWN_UNTIL else timesince(moment, now)


def _holders(wallet: Wallet, attempts: list[Attempt]) -> SafeString:
    submissions = {attempt.submission.pk: attempt.submission for attempt in attempts if attempt.submission}
    if not submissions:
        return format_html(
            "<i>{}</i>", "fills a gap" if (wallet.mined_nonce or 0) <= attempts[0].nonce else "filled a gap"
        )
    link = '<div><a class="text-primary-600 underline" href="{}">{}</a> {} {}</div>'
    return format_html_join(
        "",
        link,
        (
            (
                reverse("admin:submissions_submission_change", args=[row.pk]),
                str(row.pk)[:8],
                row.state,
                ", ".join(item["pair"] for item in row.answers),
            )
            for row in submissions.values()
        ),
    )


def _signed(attempts: list[Attempt]) -> SafeString:
    return format_html_join(
        "",
        '<div><code>{}…</code> {} {} · {} · block {} · {} <span class="text-red-600">{}</span></div>',
        (
            (
                attempt.tx_hash[:10],
                attempt.kind.lower(),
                fee_text(attempt),
                age_text(attempt),
                attempt.head_block if attempt.head_block is not None else "?",
                attempt.nodes or "no host took it",
                attempt.last_error,
            )
            for attempt in attempts
        ),
    )


def open_actions(submission: Submission) -> QuerySet[OperatorAction]:
    """Return what operators asked of a submission, newest first."""
    return submission.actions.order_by("-requested_at")
