"""The inbox of held prices: what was stopped, what the sources said, and the two buttons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from apps.feeds.admin import ReadOnlyAdmin
from apps.pricing.types import AnswerReason, AnswerState
from apps.rounds import holds
from apps.rounds.dot_chart import AMBER, GREEN, GREY, RED, Mark, dot_chart
from apps.rounds.models import Answer, Hold, Round
from apps.rounds.selectors import reference_values
from apps.rounds.services import UnknownFeeds
from apps.rounds.story import USED, Observed, observed
from apps.rounds.workflow import start_round
from apps.submissions.admin import scaled, table

STATE_COLOURS = {
    "WAITING": "warning",
    "APPROVED": "success",
    "REJECTED": "danger",
    "EXPIRED": "danger",
    "RESOLVED": "success",
}
ANSWERS_SHOWN = 60


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Prices that wait for a person, and those that did."""

    list_display = ("pair", "coloured_state", "reason", "price", "rounds_held", "opened_at", "expires_at", "decided_by")
    list_filter = ("state", "reason", "pair")
    search_fields = ("pair", "decided_by")
    ordering = ("-opened_at",)
    list_per_page = 50
    change_form_outer_after_template = "rounds/hold_decision.html"
    readonly_fields = ("coloured_state", "price", "chain_value", "round_link", "pictures", "observations", "trail")
    fieldsets = (
        (None, {"fields": (("pair", "coloured_state", "reason"), "message", ("price", "chain_value"), "round_link")}),
        ("Since when", {"fields": (("opened_at", "expires_at", "rounds_held"), ("two_persons", "first_approval_by"))}),
        ("Pictures", {"fields": ("pictures",)}),
        ("What the sources said", {"fields": ("observations",)}),
        ("Decision", {"fields": (("decided_by", "closed_at", "release_until"), "trail")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the address the two buttons post to."""
        decide = require_POST(self.admin_site.admin_view(self.decide))
        return [path("<int:hold_id>/decide/", decide, name="rounds_hold_decide"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the hold, with its decision form while it waits and for those who may decide."""
        hold = Hold.objects.filter(pk=object_id, state=Hold.State.WAITING).first() if object_id else None
        may_decide = request.user.has_perm("rounds.change_hold")
        context = {"hold": hold if may_decide else None, "bounds": AnswerReason.OUT_OF_BOUNDS}
        return super().changeform_view(  # type: ignore[no-any-return]
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def decide(self, request: HttpRequest, hold_id: int) -> HttpResponse:
        """Approve or reject, as the button says, and start a round after an approval."""
        back = HttpResponseRedirect(reverse("admin:rounds_hold_change", args=[hold_id]))
        if not request.user.has_perm("rounds.change_hold"):
            messages.error(request, "You may look at held prices, not decide about them.")
            return back
        who, note, now = request.user.get_username(), request.POST.get("note", ""), timezone.now()
        try:
            if request.POST.get("decision") == "approve":
                seen = int(request.POST.get("seen", "0"))
                self._approved(request, holds.approve(hold_id, seen=seen, who=who, note=note, now=now))
            else:
                holds.reject(hold_id, who=who, note=note, now=now)
                messages.success(request, "Rejected. If the next round is stopped too, it is held anew.")
        except (holds.HoldClosed, holds.HoldRefused, ValueError, UnknownFeeds) as exc:
            messages.error(request, str(exc))
        return back

    def _approved(self, request: HttpRequest, hold: Hold) -> None:
        if hold.state == Hold.State.WAITING:
            messages.info(request, "Your approval is on record. A second person must approve as well.")
            return
        start_round(pairs=[hold.pair], trigger=Round.Trigger.ADMIN, requested_by=request.user.get_username())
        messages.success(
            request,
            f"Approved: a round was started, and prices near this one pass until {hold.release_until:%H:%M:%S} UTC.",
        )

    @display(description="State", label=STATE_COLOURS)  # type: ignore[untyped-decorator]
    def coloured_state(self, hold: Hold) -> str:
        """Show the state in its colour."""
        return hold.state

    @display(description="Held price")  # type: ignore[untyped-decorator]
    def price(self, hold: Hold) -> str:
        """Show the integer as a price."""
        return scaled(hold.answer, decimals=hold.decimals)

    @display(description="On chain")  # type: ignore[untyped-decorator]
    def chain_value(self, hold: Hold) -> str:
        """Show what readers see meanwhile."""
        value = reference_values([hold.pair]).get(hold.pair)
        return f"{scaled(value.answer, decimals=hold.decimals)} at {value.observed_at:%H:%M:%S}" if value else "nothing"

    @display(description="Newest held round")  # type: ignore[untyped-decorator]
    def round_link(self, hold: Hold) -> SafeString:
        """Link to the round."""
        url = reverse("admin:rounds_round_change", args=[hold.round_id])
        return format_html('<a href="{}" class="text-primary-600 underline">{}</a>', url, str(hold.round_id)[:8])

    @display(description="")  # type: ignore[untyped-decorator]
    def pictures(self, hold: Hold) -> SafeString:
        """Draw what the sources said in the held round, and the feed's last answers before the chain's value."""
        value = reference_values([hold.pair]).get(hold.pair)
        line = Decimal(value.answer).scaleb(-hold.decimals) if value else None
        return format_html(
            "{}{}",
            dot_chart(_source_marks(hold), title="Sources of the held round", line=line, line_label="on chain"),
            dot_chart(_answer_marks(hold), title="Last answers, held ones amber", line=line, line_label="on chain"),
        )

    @display(description="")  # type: ignore[untyped-decorator]
    def observations(self, hold: Hold) -> SafeString:
        """List what every source said."""
        seen = _observed_in(hold)
        rows = [(row.source, row.verdict, row.reason or "-", row.price or "-", row.message) for row in seen]
        return table(("Source", "Verdict", "Reason", "Price", "Why"), rows)

    @display(description="Trail")  # type: ignore[untyped-decorator]
    def trail(self, hold: Hold) -> SafeString:
        """List who did what, and why."""
        rows = [
            (f"{event.at:%Y-%m-%d %H:%M:%S}", event.action, event.who or "the oracle", event.note)
            for event in hold.events.all()
        ]
        return table(("When, UTC", "What", "Who", "Why"), rows)


def _observed_in(hold: Hold) -> list[Observed]:
    answer = Answer.objects.filter(round_id=hold.round_id, pair=hold.pair).first()
    return observed(answer) if answer else []


def _source_marks(hold: Hold) -> list[Mark]:
    rows = [row for row in _observed_in(hold) if row.price is not None]
    return [
        Mark(
            place=_place(index, len(rows)),
            value=Decimal(row.price or 0),
            colour=GREEN if row.verdict == USED else RED,
            label=f"{row.source} {row.price} {row.reason}",
        )
        for index, row in enumerate(rows)
    ]


def _answer_marks(hold: Hold) -> list[Mark]:
    newest = Answer.objects.filter(pair=hold.pair, answer__isnull=False).order_by("-round__opened_at")
    found = newest.values_list("answer", "state", "round__opened_at")[:ANSWERS_SHOWN]
    rows = [(int(value or 0), state, at) for value, state, at in found][::-1]
    return [
        Mark(
            place=_place(index, len(rows)),
            value=Decimal(value).scaleb(-hold.decimals),
            colour=AMBER if state == AnswerState.HELD else GREY,
            label=f"{scaled(value, decimals=hold.decimals)} {state} {at:%H:%M:%S}",
        )
        for index, (value, state, at) in enumerate(rows)
    ]


def _place(index: int, count: int) -> Decimal:
    return Decimal(index) / Decimal(max(count - 1, 1))
