"""Rounds on the wire: what was asked for, what every source said, and what was sent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.serializers.common import DecimalText, IntegerText, LinkField, PairField
from apps.pricing.fixed_point import price_text
from apps.pricing.types import AnswerReason, AnswerState, Grade, SourceRole
from apps.rounds.models import Answer, Round
from apps.rounds.selectors import STATUSES, reports_of, round_status
from apps.rounds.story import (
    MISSED,
    REFUSED,
    USED,
    Story,
    duration_ms,
    observed,
    requested_pairs,
    round_story,
)
from apps.submissions.models import Submission

ROUND_STATUSES = list(STATUSES)
ANSWER_STATES = [state.value for state in AnswerState]
ANSWER_REASONS = [reason.value for reason in AnswerReason]
VERDICTS = [USED, REFUSED, MISSED]
MAX_FEEDS = 100


def round_path(round_: Round) -> str:
    """Return the path of a round in the API."""
    return f"/api/v1/rounds/{round_.pk}"


class StartRoundSerializer(serializers.Serializer[Any]):
    """Body of POST /rounds."""

    feeds = serializers.ListField(
        child=serializers.CharField(max_length=25),
        min_length=1,
        max_length=MAX_FEEDS,
        help_text="Feeds to price now, as BTC-USD or BTC/USD; one given twice counts once.",
    )


class RoundSummarySerializer(serializers.Serializer[Any]):
    """A round in a list."""

    id = serializers.UUIDField(source="pk")
    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    trigger = serializers.ChoiceField(choices=Round.Trigger.values)
    feeds = serializers.SerializerMethodField(help_text="Feeds it was started for.")
    simulated = serializers.SerializerMethodField()
    requested_by = serializers.CharField(help_text="Name of the API key or person that started it.")
    opened_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_url(self, round_: Round) -> str:
        """Return its path."""
        return round_path(round_)

    @extend_schema_field(serializers.ChoiceField(choices=ROUND_STATUSES))
    def get_status(self, round_: Round) -> str:
        """Return where it stands."""
        return round_status(round_)

    @extend_schema_field(serializers.ListField(child=PairField()))
    def get_feeds(self, round_: Round) -> list[str]:
        """Return the feeds it was started for, without the conversion feeds that came along."""
        return requested_pairs(round_)

    def get_simulated(self, round_: Round) -> bool:
        """Return whether its prices come from the market simulator."""
        return round_.market == Round.Market.SIMULATED


class ObservationSerializer(serializers.Serializer[Any]):
    """What one source said about one feed and what became of it."""

    source = serializers.CharField()  # type: ignore[assignment]
    ticker = serializers.CharField()
    venue = serializers.CharField(help_text="What the source fails with; sources of one venue count once.")
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.CharField(help_text="Why it was refused or missed; empty when used.")
    message = serializers.CharField()
    price = DecimalText(allow_null=True, help_text="In the feed's quote currency, after inversion and conversion.")
    quoted = DecimalText(allow_null=True, help_text="As the source said it.")
    conversion = PairField(allow_null=True, help_text="Feed whose rate of this round converted it.")
    rate = DecimalText(allow_null=True)
    source_time = serializers.DateTimeField(allow_null=True, help_text="The source's own time of the price.")
    received_at = serializers.DateTimeField(allow_null=True)
    role = serializers.ChoiceField(choices=[role.value for role in SourceRole])
    promoted_for = serializers.CharField(help_text="The lost source it replaced; empty for a primary.")


class AnswerSerializer(serializers.Serializer[Answer]):
    """What became of one feed."""

    pair = PairField()
    state = serializers.ChoiceField(choices=ANSWER_STATES)
    reason = serializers.ChoiceField(choices=ANSWER_REASONS)
    message = serializers.CharField()
    decisions = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="State, reason and message by destination; empty where the default one is the only one.",
    )
    price = serializers.SerializerMethodField()
    answer = IntegerText(allow_null=True)
    decimals = serializers.IntegerField()
    confidence = IntegerText(allow_null=True, help_text="Half the interquartile range of the used quotes.")
    grade = serializers.ChoiceField(
        choices=[*(grade.value for grade in Grade), ""],
        help_text="full: 5 or more sources close together; good; thin: no source to spare or a wide spread.",
    )
    observed_at = serializers.DateTimeField(allow_null=True)
    sources_used = serializers.IntegerField()
    quorum = serializers.IntegerField()
    observations = serializers.SerializerMethodField()

    @extend_schema_field(DecimalText(allow_null=True))
    def get_price(self, answer: Answer) -> str | None:
        """Return the answer as decimal text."""
        return None if answer.answer is None else price_text(answer.answer, decimals=answer.decimals)

    @extend_schema_field(ObservationSerializer(many=True))
    def get_observations(self, answer: Answer) -> Any:
        """Return its observations, used ones first."""
        return ObservationSerializer(observed(answer), many=True).data


class CallSerializer(serializers.Serializer[Any]):
    """One source asked within the round."""

    source = serializers.CharField()  # type: ignore[assignment]
    role = serializers.ChoiceField(choices=[role.value for role in SourceRole])
    promoted_for = serializers.CharField(help_text="The lost source it replaced; empty for a primary.")
    started_at = serializers.DateTimeField()
    latency_ms = serializers.IntegerField()
    attempts = serializers.IntegerField(help_text="HTTP calls made, retries included.")
    hosts = serializers.ListField(
        child=serializers.CharField(), help_text="Asked, mirrors included; the last one last."
    )
    cached = serializers.BooleanField(source="is_cached", help_text="Served by a reply of another round.")
    quotes = serializers.IntegerField()
    misses = serializers.IntegerField()
    lost = serializers.BooleanField(source="is_lost", help_text="It gave no price at all.")
    reason = serializers.CharField(help_text="Why prices are missing; empty when none are.")
    body_sha256 = serializers.ListField(child=serializers.CharField(), help_text="Of its reply bodies.")


class LostSourceSerializer(serializers.Serializer[Any]):
    """A source that gave no price."""

    source = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()


class PromotedSourceSerializer(serializers.Serializer[Any]):
    """A reserve that was asked in place of a lost source."""

    source = serializers.CharField()  # type: ignore[assignment]
    promoted_for = serializers.CharField()
    lost = serializers.BooleanField(source="is_lost")


class LanesSerializer(serializers.Serializer[Story]):
    """Who was asked, who was lost, who stepped in."""

    primary = serializers.ListField(child=serializers.CharField(), help_text="Asked at once, in lane order.")
    lost = LostSourceSerializer(many=True)
    promoted = PromotedSourceSerializer(many=True, help_text="Reserves asked, in the order they were promoted.")
    spare = serializers.ListField(child=serializers.CharField(), help_text="Reserves nobody needed, by priority.")
    waiting = serializers.ListField(child=serializers.CharField(), help_text="Asked and not back yet (open rounds).")
    calls = CallSerializer(many=True)


class SubmissionSerializer(serializers.Serializer[Submission]):
    """The report on its way to a chain."""

    id = serializers.UUIDField(source="pk")
    destination = serializers.CharField(help_text="Where it goes: main, or another destination's name.")
    chain_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Submission.State.values)
    tx_hash = serializers.SerializerMethodField()
    block_number = serializers.IntegerField(allow_null=True)
    gas_used = serializers.IntegerField(allow_null=True)
    signatures = serializers.SerializerMethodField(help_text="How many signers signed.")
    landed = serializers.ListField(child=PairField(), help_text="Read back from the contract as sent.")
    skipped = serializers.DictField(child=serializers.CharField(), help_text="Pair to the contract's reason.")
    failure = serializers.CharField(source="failure_code", help_text="Empty unless it will never land.")
    resends = serializers.IntegerField(help_text="Times it was sent again after the chain lost it.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    witnesses = serializers.IntegerField(allow_null=True, help_text="Endpoints that showed the receipt it ended by.")
    doubted_since = serializers.DateTimeField(
        allow_null=True, help_text="Too few endpoints show its receipt, since then."
    )

    def get_tx_hash(self, submission: Submission) -> str | None:
        """Return the mined transaction or None."""
        return submission.tx_hash or None

    def get_signatures(self, submission: Submission) -> int:
        """Return how many signatures the report carries."""
        return len(submission.signatures)


class RoundSerializer(RoundSummarySerializer):
    """A round whole."""

    closed_by = serializers.CharField(help_text="CALLBACK or WATCHDOG; empty while open.")
    duration_ms = serializers.SerializerMethodField()
    answers = AnswerSerializer(many=True)
    lanes = serializers.SerializerMethodField()
    submission = SubmissionSerializer(
        allow_null=True, help_text="The report for the default destination, or for the first that had news."
    )
    submissions = serializers.SerializerMethodField(help_text="A report for every destination that had news.")
    evidence_hash = serializers.CharField(help_text="Merkle root over the observations; empty while open.")
    config_version = serializers.IntegerField(source="config_version.number", allow_null=True, default=None)

    def get_duration_ms(self, round_: Round) -> int | None:
        """Return the time from opening to closing."""
        return duration_ms(round_)

    @extend_schema_field(SubmissionSerializer(many=True))
    def get_submissions(self, round_: Round) -> Any:
        """Return every report of the round, the default destination's first."""
        return [SubmissionSerializer(report).data for report in reports_of(round_)]

    @extend_schema_field(LanesSerializer)
    def get_lanes(self, round_: Round) -> Any:
        """Return what its sources did."""
        return LanesSerializer(round_story(round_)).data


class StartedRoundSerializer(RoundSerializer):
    """The round that answers a request."""

    joined = serializers.BooleanField(help_text="True when it was already open.", default=False)


class RoundPageSerializer(serializers.Serializer[Any]):
    """A page of rounds, newest first."""

    next = LinkField(allow_null=True)
    previous = LinkField(allow_null=True)
    results = RoundSummarySerializer(many=True)


class ReportAnswerSerializer(serializers.Serializer[Any]):
    """One answer of a report, as the contract's struct."""

    pair = PairField()
    feedId = serializers.CharField()  # noqa: N815 - as in the contract
    answer = IntegerText()
    observedAt = serializers.IntegerField()  # noqa: N815 - as in the contract


class ReportStructSerializer(serializers.Serializer[Any]):
    """``Report`` of the contract."""

    signerSetVersion = serializers.IntegerField()  # noqa: N815 - as in the contract
    evidenceHash = serializers.CharField()  # noqa: N815 - as in the contract
    answers = ReportAnswerSerializer(many=True)


class SignedReportSerializer(serializers.Serializer[Any]):
    """The newest signed report that carries a feed: anyone may call ``submit(report, signatures)`` with it."""

    pair = PairField()
    destination = serializers.CharField()
    chain_id = serializers.IntegerField()
    contract = serializers.CharField()
    digest = serializers.CharField(help_text="EIP-712 digest the signers signed.")
    report = ReportStructSerializer()
    signatures = serializers.ListField(child=serializers.CharField(), help_text="65 bytes each, signers ascending.")
    state = serializers.CharField(help_text="Of our own submission of it.")
    simulated = serializers.BooleanField()
    round = LinkField(allow_null=True)
