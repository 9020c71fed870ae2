"""Admin of rounds and answers: where each number came from. Nothing here can be changed; a round can be started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import action, display

from apps.feeds.admin import FeedAdmin, ReadOnlyAdmin
from apps.feeds.models import Feed
from apps.rounds.hold_admin import HoldAdmin
from apps.rounds.models import Answer, Round
from apps.rounds.selectors import reports_of, round_status
from apps.rounds.services import UnknownFeeds
from apps.rounds.story import Observed, observed, round_story
from apps.rounds.whatif_admin import WhatIfAdmin
from apps.rounds.workflow import start_round
from apps.submissions.admin import scaled, table

__all__ = ["AnswerAdmin", "FeedWithRoundsAdmin", "HoldAdmin", "RoundAdmin"]
STATUS_COLOURS = {
    "OPEN": "info",
    "SUBMITTING": "info",
    "CONFIRMED": "success",
    "HELD": "warning",
    "QUIET": "success",
    "REJECTED": "danger",
    "REPLACED": "info",
    "FAILED": "danger",
}
ANSWER_COLOURS = {"ACCEPTED": "success", "SKIPPED": "info", "HELD": "warning", "REJECTED": "danger"}
LINK = '<a href="{}" class="text-primary-600 underline">{}</a>'


class AnswerInline(TabularInline):  # type: ignore[misc]
    """The answers of a round."""

    model = Answer
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ("pair", "coloured_state", "reason", "price", "used", "message")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    @display(description="State", label=ANSWER_COLOURS)  # type: ignore[untyped-decorator]
    def coloured_state(self, answer: Answer) -> SafeString:
        """Show the state."""
        return format_html("{}", answer.state)

    @display(description="Price")  # type: ignore[untyped-decorator]
    def price(self, answer: Answer) -> str:
        """Show the integer as a price."""
        return scaled(answer.answer, decimals=answer.decimals)

    @display(description="Sources used")  # type: ignore[untyped-decorator]
    def used(self, answer: Answer) -> str:
        """Count the sources used against the quorum."""
        return f"{answer.sources_used} (quorum {answer.quorum})"


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    """Rounds, newest first, each with its sources, promoted reserves, answers and submission."""

    list_display = ("short_id", "status", "trigger", "asked_for", "promoted", "opened_at", "seconds", "submission_link")
    list_filter = ("outcome", "state", "trigger", "market", "closed_by")
    search_fields = ("id", "evidence_hash", "submission__tx_hash", "requested_by")
    list_select_related = ("submission",)
    date_hierarchy = "opened_at"
    list_per_page = 50
    inlines = (AnswerInline,)
    readonly_fields = (
        "status",
        "sources",
        "promoted",
        "asked_for",
        "submission_link",
        "reports",
        "evidence_link",
        "seconds",
    )
    fieldsets = (
        (None, {"fields": (("id", "status", "trigger"), ("requested_by", "market"), "asked_for")}),
        ("Sources", {"fields": ("promoted", "sources")}),
        ("Way", {"fields": (("opened_at", "deadline", "closed_at"), ("closed_by", "seconds"))}),
        ("Proof", {"fields": ("submission_link", "reports", ("evidence_hash", "evidence_link"), "config_version")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Round]:
        """Read the answers of the page in one query."""
        return super().get_queryset(request).prefetch_related("answers")  # type: ignore[no-any-return]

    @display(description="Round")  # type: ignore[untyped-decorator]
    def short_id(self, round_: Round) -> str:
        """Show the head of the id."""
        return str(round_.pk)[:8]

    @display(description="Status", label=STATUS_COLOURS)  # type: ignore[untyped-decorator]
    def status(self, round_: Round) -> str:
        """Show where the round stands."""
        return round_status(round_)

    @display(description="Feeds")  # type: ignore[untyped-decorator]
    def asked_for(self, round_: Round) -> str:
        """Name the feeds, shortened when they are many."""
        pairs: Sequence[str] = round_.requested or round_.pairs
        return ", ".join(pairs[:6]) + (f" and {len(pairs) - 6} more" if len(pairs) > 6 else "")

    @display(description="Promoted reserves")  # type: ignore[untyped-decorator]
    def promoted(self, round_: Round) -> str:
        """Name the reserves that stepped in, and for whom."""
        return ", ".join(f"{call.source} for {call.promoted_for}" for call in round_story(round_).promoted) or "-"

    @display(description="Seconds")  # type: ignore[untyped-decorator]
    def seconds(self, round_: Round) -> str:
        """Show how long the round took."""
        return "-" if round_.closed_at is None else f"{(round_.closed_at - round_.opened_at).total_seconds():.2f}"

    @display(description="Submission")  # type: ignore[untyped-decorator]
    def submission_link(self, round_: Round) -> SafeString | str:
        """Link to the report's way to the chain."""
        submission = round_.submission
        if submission is None:
            return "-"
        url = reverse("admin:submissions_submission_change", args=[submission.pk])
        return format_html(LINK, url, submission.state)

    @display(description="Reports")  # type: ignore[untyped-decorator]
    def reports(self, round_: Round) -> SafeString | str:
        """Show the report of every destination that had news, each with a link."""
        rows = [
            (
                report.destination,
                report.chain_id,
                format_html(LINK, reverse("admin:submissions_submission_change", args=[report.pk]), report.state),
                ", ".join(item["pair"] for item in report.answers),
                report.tx_hash or report.failure_code or "-",
            )
            for report in reports_of(round_)
        ]
        return table(("Destination", "Chain", "State", "Feeds", "Transaction"), rows) if rows else "-"

    @display(description="Evidence")  # type: ignore[untyped-decorator]
    def evidence_link(self, round_: Round) -> SafeString | str:
        """Link to the bundle that proves the round, once it is closed."""
        if round_.state != Round.State.CLOSED:
            return "-"
        return format_html(LINK, f"/api/v1/rounds/{round_.pk}/evidence", "download")

    @display(description="Sources asked")  # type: ignore[untyped-decorator]
    def sources(self, round_: Round) -> SafeString:
        """Show every call: its part, its time, and what it brought."""
        story = round_story(round_)
        rows: list[tuple[object, ...]] = [
            (
                call.source,
                f"reserve for {call.promoted_for}" if call.promoted_for else call.role,
                f"{call.latency_ms} ms",
                call.attempts,
                call.quotes,
                call.misses,
                call.reason or "ok",
            )
            for call in story.calls
        ]
        rows += [(source, "primary", "-", "-", 0, "-", "waiting") for source in story.waiting]
        rows += [(source, "primary", "-", "-", 0, "-", "lane lost") for source in story.silent]
        return table(("Source", "Part", "Time", "HTTP calls", "Quotes", "Misses", "Result"), rows)


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """Answers with every observation behind them."""

    list_display = ("pair", "coloured_state", "reason", "price", "grade", "sources_used", "observed_at", "round_link")
    list_filter = ("state", "reason", "grade", "pair")
    search_fields = ("pair", "round__id")
    list_select_related = ("round",)
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("coloured_state", "price", "round_link", "decisions_table", "observations_table")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("pair", "coloured_state", "reason"),
                    "message",
                    ("price", "answer", "confidence", "grade"),
                    "round_link",
                    "decisions_table",
                )
            },
        ),
        ("Observations", {"fields": (("sources_used", "quorum", "observed_at"), "observations_table")}),
    )

    @display(description="State", label=ANSWER_COLOURS)  # type: ignore[untyped-decorator]
    def coloured_state(self, answer: Answer) -> str:
        """Show the state in its colour."""
        return answer.state

    @display(description="Price")  # type: ignore[untyped-decorator]
    def price(self, answer: Answer) -> str:
        """Show the integer as a price."""
        return scaled(answer.answer, decimals=answer.decimals)

    @display(description="Round")  # type: ignore[untyped-decorator]
    def round_link(self, answer: Answer) -> SafeString:
        """Link to the round."""
        return format_html(LINK, reverse("admin:rounds_round_change", args=[answer.round_id]), str(answer.round_id)[:8])

    @display(description="By destination")  # type: ignore[untyped-decorator]
    def decisions_table(self, answer: Answer) -> SafeString | str:
        """Show what was decided for each destination, where the default one is not the only one."""
        rows = [(name, row["state"], row["reason"], row["message"]) for name, row in answer.decisions.items()]
        return table(("Destination", "State", "Reason", "Compared"), rows) if rows else "-"

    @display(description="Used, refused and missed")  # type: ignore[untyped-decorator]
    def observations_table(self, answer: Answer) -> SafeString:
        """Show every observation: used first, then refused, then missed, each with its reason."""
        headers = (
            "Source",
            "Ticker",
            "Verdict",
            "Reason",
            "Price",
            "As quoted",
            "Converted by",
            "Part",
            "Time at source",
        )
        return table(headers, [_observation_row(row) for row in observed(answer)])


def _observation_row(row: Observed) -> tuple[Any, ...]:
    return (
        row.source,
        row.ticker,
        row.verdict,
        f"{row.reason}: {row.message}" if row.message else row.reason or "-",
        row.price or "-",
        row.quoted or "-",
        f"{row.conversion} {row.rate}" if row.conversion else "-",
        f"reserve for {row.promoted_for}" if row.promoted_for else row.role,
        row.source_time or "-",
    )


admin.site.unregister(Feed)


@admin.register(Feed)
class FeedWithRoundsAdmin(WhatIfAdmin):
    """The admin of feeds, with a round to start and a change to try: here, because feeds know nothing of rounds."""

    actions: tuple[str, ...] = (*FeedAdmin.actions, "start_round_of_chosen")
    actions_detail = ("start_round_now", "scorecards")

    @action(description="Start a round now", permissions=["change"])  # type: ignore[untyped-decorator]
    def start_round_of_chosen(self, request: HttpRequest, queryset: QuerySet[Feed]) -> HttpResponseRedirect | None:
        """Start or join one round for the chosen feeds, and show it."""
        return self._start(request, list(queryset.order_by("pair").values_list("pair", flat=True)))

    @action(description="Start a round now", permissions=["change"], icon="play_arrow", url_path="start-round")  # type: ignore[untyped-decorator]
    def start_round_now(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """Start or join a round for this feed, and show it."""
        pair = Feed.objects.get(pk=object_id).pair
        back = HttpResponseRedirect(reverse("admin:feeds_feed_change", args=[object_id]))
        return self._start(request, [pair]) or back

    @action(description="Scorecards", permissions=["view"], icon="leaderboard", url_path="scorecards")  # type: ignore[untyped-decorator]
    def scorecards(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:  # noqa: ARG002
        """Show how the sources of this feed did."""
        pair = Feed.objects.get(pk=object_id).pair
        return HttpResponseRedirect(f"{reverse('admin:scorecards_sourcescore_changelist')}?{urlencode({'feed': pair})}")

    def _start(self, request: HttpRequest, pairs: Sequence[str]) -> HttpResponseRedirect | None:
        try:
            started = start_round(pairs=pairs, trigger=Round.Trigger.ADMIN, requested_by=request.user.get_username())
        except UnknownFeeds as exc:
            messages.error(request, str(exc))
            return None
        messages.success(request, "Joined a round that was already open." if started.joined else "Round started.")
        return HttpResponseRedirect(reverse("admin:rounds_round_change", args=[started.round.pk]))


from apps.rounds import source_admin as source_admin  # noqa: E402, PLC0414 - registered after the admin it extends
