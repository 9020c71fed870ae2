"""Admin of what was sent and what the contract says: a console to read, with nothing to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from apps.feeds.admin import ReadOnlyAdmin
from apps.submissions import console
from apps.submissions.inlines import ActionInline, AttemptInline
from apps.submissions.models import (
    Attempt,
    ChainDifference,
    Deployment,
    OnChainPrice,
    OperatorAction,
    Submission,
    Wallet,
)

WEI_PER_ETHER = Decimal(10) ** 18
STATE_COLOURS = {
    "PLANNED": "info",
    "IN_PROGRESS": "info",
    "UNCONFIRMED": "warning",
    "MISSING": "warning",
    "CONFIRMED": "success",
    "FINAL": "success",
    "REPLACED": "info",
    "FATAL": "danger",
}


def scaled(answer: int | None, *, decimals: int) -> str:
    """Return the on-chain integer as a price, all its decimals shown; a dash for none."""
    return "-" if answer is None else format(Decimal(answer).scaleb(-decimals), "f")


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Reports on their way to a chain."""

    list_display = (
        "short_id",
        "coloured_state",
        "destination",
        "pairs",
        "short_tx_hash",
        "block_number",
        "gas_used",
        "created_at",
        "round_link",
    )
    list_filter = ("state", "destination", "chain_id", "simulated", "deployment", "failure_code")
    search_fields = ("id", "tx_hash", "evidence_hash", "digest", "attempts__tx_hash")
    list_select_related = ("round",)
    date_hierarchy = "created_at"
    list_per_page = 50
    inlines = (AttemptInline, ActionInline)
    actions_detail = ("bump", "cancel", "resend_fresh")
    fieldsets = (
        (None, {"fields": (("id", "coloured_state"), "round_link", "simulated", "answers_table")}),
        (
            "Transaction",
            {
                "fields": (
                    ("destination", "chain_id", "nonce"),
                    "deployment",
                    "wallet",
                    "tx_hash",
                    ("block_number", "gas_used"),
                    "cost_eth",
                    "block_hash",
                    "lost_blocks",
                    ("witnesses", "doubted_since"),
                    "doubt",
                )
            },
        ),
        ("Report", {"fields": ("evidence_hash", "digest", "signer_set_version", "signatures")}),
        ("Times", {"fields": (("created_at", "broadcast_at", "confirmed_at"), "resends")}),
        ("End", {"fields": ("failure_code", "failure_message", "replaced_by")}),
    )
    readonly_fields = ("coloured_state", "round_link", "answers_table", "cost_eth")

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        """Let through who may change submissions, which nobody can do by hand."""
        return request.user.has_perm("submissions.change_submission")

    @action(description="Pay better now", permissions=["operate"], icon="trending_up", url_path="bump")  # type: ignore[untyped-decorator]
    def bump(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Replace the waiting transaction by a better paid one."""
        return console.submission_button(self, request, object_id, OperatorAction.Kind.BUMP)

    @action(description="Cancel the report", permissions=["operate"], icon="cancel", url_path="cancel")  # type: ignore[untyped-decorator]
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Use up the nonce with a transfer of nothing."""
        return console.submission_button(self, request, object_id, OperatorAction.Kind.CANCEL)

    @action(description="Send a fresh report instead", permissions=["operate"], icon="update", url_path="resend-fresh")  # type: ignore[untyped-decorator]
    def resend_fresh(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a fresh report of the same feeds take the nonce."""
        return console.submission_button(self, request, object_id, OperatorAction.Kind.RESEND_FRESH)

    @display(description="Submission")  # type: ignore[untyped-decorator]
    def short_id(self, submission: Submission) -> str:
        """Show the head of the id."""
        return str(submission.pk)[:8]

    @display(description="State", label=STATE_COLOURS)  # type: ignore[untyped-decorator]
    def coloured_state(self, submission: Submission) -> str:
        """Show the state in its colour."""
        return submission.state

    @display(description="Feeds")  # type: ignore[untyped-decorator]
    def pairs(self, submission: Submission) -> str:
        """Name the feeds of the report."""
        return ", ".join(row["pair"] for row in submission.answers)

    @display(description="Round")  # type: ignore[untyped-decorator]
    def round_link(self, submission: Submission) -> SafeString | str:
        """Link to the round that made the report."""
        round_ = getattr(submission, "round", None)
        round_id = round_.pk if round_ else submission.rounds_elsewhere.values_list("pk", flat=True).first()
        if round_id is None:
            return "-"
        try:
            url = reverse("admin:rounds_round_change", args=[round_id])
        except NoReverseMatch:
            return str(round_id)
        return format_html('<a href="{}" class="text-primary-600 underline">{}</a>', url, str(round_id)[:8])

    @display(description="Transaction", ordering="tx_hash")  # type: ignore[untyped-decorator]
    def short_tx_hash(self, submission: Submission) -> SafeString | str:
        """Show the head of the hash, all of it on hovering."""
        if not submission.tx_hash:
            return "-"
        return format_html('<code title="{}">{}…</code>', submission.tx_hash, submission.tx_hash[:12])

    @display(description="Cost, ETH")  # type: ignore[untyped-decorator]
    def cost_eth(self, submission: Submission) -> str:
        """Show what the mined transaction cost, a rollup's data fee included."""
        return "-" if submission.cost_wei is None else f"{Decimal(submission.cost_wei) / WEI_PER_ETHER:.9f}"

    @display(description="Answers")  # type: ignore[untyped-decorator]
    def answers_table(self, submission: Submission) -> SafeString:
        """Show each answer and what the contract did with it."""
        rows = [
            (
                row["pair"],
                scaled(int(row["answer"]), decimals=row["decimals"]),
                row["answer"],
                self._fate(submission, row["pair"]),
            )
            for row in submission.answers
        ]
        return table(("Feed", "Price", "Integer sent", "On chain"), rows)

    def _fate(self, submission: Submission, pair: str) -> str:
        if pair in submission.landed:
            return "landed"
        return f"skipped: {submission.skipped[pair]}" if pair in submission.skipped else "not yet"


def table(headers: tuple[str, ...], rows: list[tuple[Any, ...]]) -> SafeString:
    """Return a small HTML table; every cell is escaped."""
    cell = '<{0} class="border-b border-base-200 px-2 py-1 text-left whitespace-nowrap dark:border-base-800">{1}</{0}>'
    head = format_html_join("", cell, (("th", header) for header in headers))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", cell, (("td", value) for value in row)),) for row in rows)
    )
    return format_html(
        '<div class="overflow-x-auto"><table class="w-full text-sm"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        head,
        body,
    )


@admin.register(OnChainPrice)
class OnChainPriceAdmin(ReadOnlyAdmin):
    """What each contract said about each feed when it was last read."""

    list_display = (
        "pair",
        "price",
        "round_id",
        "observed_at",
        "updated_at",
        "block_number",
        "deployment",
        "submission",
    )
    list_filter = ("deployment__is_active", "deployment__destination", "deployment__chain_id")
    list_select_related = ("deployment", "submission")
    search_fields = ("pair",)
    ordering = ("pair",)

    @display(description="Price", ordering="answer")  # type: ignore[untyped-decorator]
    def price(self, row: OnChainPrice) -> str:
        """Show the integer as a price."""
        return scaled(row.answer, decimals=row.decimals)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """Contracts, the active one and those a reset chain left behind."""

    list_display = (
        "address",
        "destination",
        "chain_id",
        "is_active",
        "is_local",
        "signers_needed",
        "block_number",
        "timelock",
        "created_at",
        "retired_reason",
    )
    list_filter = ("is_active", "destination", "is_local", "chain_id")
    search_fields = ("address", "tx_hash")

    @display(description="Signers")  # type: ignore[untyped-decorator]
    def signers_needed(self, deployment: Deployment) -> str:
        """Show m of n."""
        return f"{deployment.threshold} of {len(deployment.signers)}"


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    """Transmitter addresses, their next nonce and balance."""

    list_display = ("address", "chain_id", "lane", "next_nonce", "balance_eth", "balance_read_at")
    list_filter = ("chain_id",)
    search_fields = ("address",)
    fieldsets = (
        (None, {"fields": ("address", ("chain_id", "lane"), ("balance_eth", "balance_read_at"), "counts")}),
        ("Nonces", {"fields": ("timeline",)}),
    )
    readonly_fields = ("lane", "balance_eth", "counts", "timeline")
    inlines = (ActionInline,)
    actions_detail = ("pause", "resume")

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Let through who may change wallets, which nobody can do by hand; the button is there while it would work."""
        return self._may(request, object_id, is_paused=False)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Let the same people through, for a paused lane."""
        return self._may(request, object_id, is_paused=True)

    def _may(self, request: HttpRequest, object_id: Any, *, is_paused: bool) -> bool:
        lanes = Wallet.objects.filter(pk=object_id, paused_at__isnull=not is_paused)
        return request.user.has_perm("submissions.change_wallet") and (object_id is None or lanes.exists())

    @action(description="Pause this lane", permissions=["pause"], icon="pause", url_path="pause")  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send nothing new from this transmitter."""
        return console.wallet_button(self, request, object_id, OperatorAction.Kind.PAUSE)

    @action(description="Resume this lane", permissions=["resume"], icon="play_arrow", url_path="resume")  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send again."""
        return console.wallet_button(self, request, object_id, OperatorAction.Kind.RESUME)

    @display(description="Lane", label={"paused": "warning", "running": "success"})  # type: ignore[untyped-decorator]
    def lane(self, wallet: Wallet) -> str:
        """Say whether an operator paused it."""
        return "paused" if wallet.paused_at else "running"

    @display(description="Chain's counts")  # type: ignore[untyped-decorator]
    def counts(self, wallet: Wallet) -> str:
        """Show the chain's counts beside ours."""
        return console.chain_counts(wallet)

    @display(description="Timeline")  # type: ignore[untyped-decorator]
    def timeline(self, wallet: Wallet) -> SafeString:
        """Show who holds each of the newest nonces, and what was signed for it."""
        return console.nonce_timeline(wallet)

    @display(description="Balance, ETH", ordering="balance_wei")  # type: ignore[untyped-decorator]
    def balance_eth(self, wallet: Wallet) -> str:
        """Show the balance in whole ether."""
        return "-" if wallet.balance_wei is None else f"{Decimal(wallet.balance_wei) / WEI_PER_ETHER:.6f}"


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Signed transactions, newest first; found by hash."""

    list_display = ("tx_hash", "submission", "nonce", "broadcasts", "broadcast_at", "last_error")
    list_select_related = ("submission",)
    search_fields = ("tx_hash",)
    ordering = ("-created_at",)
    exclude = ("raw",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """Leave the signed bytes in the database."""
        return super().get_queryset(request).defer("raw")  # type: ignore[no-any-return]


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    """What people asked of submissions and lanes, and what came of it."""

    list_display = ("requested_at", "kind", "actor", "reason", "state", "outcome", "submission", "wallet")
    list_filter = ("kind", "state", "actor")
    list_select_related = ("submission", "wallet")
    search_fields = ("actor", "reason", "outcome", "submission__id", "wallet__address")


@admin.register(ChainDifference)
class ChainDifferenceAdmin(ReadOnlyAdmin):
    """Where the contract's events and our records disagree."""

    list_display = ("found_at", "kind", "pair", "ours", "theirs", "block_number", "tx_hash", "submission", "healing")
    list_filter = ("kind", "deployment")
    list_select_related = ("submission", "deployment")
    search_fields = ("pair", "tx_hash")
