"""Nouns of what readback says: figures, effects, recommendations. What it alerts on and sends is `alerting`."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import (
    Absence,
    Confidence,
    Dimension,
    EvidenceClass,
    Grain,
    MetricLane,
    MetricStatus,
    RecommendationOutcome,
    RecommendationState,
)


class MetricValue(Row):
    """One figure: one metric, period, member and lane, with everything needed to doubt it."""

    table: ClassVar[str] = "metric_values"
    key: ClassVar[tuple[str, ...]] = ("metric", "grain", "period_start", "dimension", "member", "lane")

    metric: str = Field(description="Name of the metric.")
    unit: str = Field(description="Unit of value, low and high.")
    grain: Grain = Field(description="Length of the period.")
    period_start: datetime = Field(description="Start of the period; of the first data for grain all.")
    dimension: Dimension = Field(description="What it is broken down by.")
    member: str = Field(description="Member of the dimension; * for dimension all, (none) where the log names none.")
    lane: MetricLane = Field(description="Which requests or runs it speaks of.")
    numerator: float | None = Field(description="Events, or the sum, before division.")
    denominator: float | None = Field(description="Units observed; NULL for a total.")
    value: float | None = Field(description="The figure; NULL where there is no data, never 0.")
    low: float | None = Field(description="Lower limit of the 95% interval; NULL where none is defined.")
    high: float | None = Field(description="Upper limit of the 95% interval; NULL where none, or not reached.")
    at_least: float | None = Field(
        default=None,
        description="What a latency exceeds where calls that were cut off hide it; value is NULL then.",
    )
    anytime_low: float | None = Field(
        default=None, description="Lower limit that holds however often one looks; only while the period still runs."
    )
    anytime_high: float | None = Field(
        default=None, description="Upper limit that holds however often one looks; only while the period still runs."
    )
    effective_n: float | None = Field(description="Sample size after clustering and weights.")
    coverage: float | None = Field(ge=0, le=1, description="Observable / eligible units; NULL where not applicable.")
    maturity: float | None = Field(ge=0, le=1, description="Mature / observable units; NULL where not applicable.")
    is_maturing: bool | None = Field(
        default=None,
        description="An outcome that arrives late may still change this row; NULL where no outcome can.",
    )
    status: MetricStatus = Field(description="Whether the figure may be read as a figure.")
    absence: Absence | None = Field(
        default=None, description="Why it may not: of figures of everything together; NULL where it may."
    )
    explanation: str | None = Field(
        default=None, description="The same in a sentence, with counts as weighted for sampling."
    )
    definition_version: int = Field(ge=1, description="Version of the metric's definition.")
    as_of: datetime = Field(description="Watermark that the figure was computed at.")


class MetricEffect(Row):
    """Fallback minus preferred for one outcome metric, or for cost or latency, adjusted over strata."""

    table: ClassVar[str] = "metric_effects"
    key: ClassVar[tuple[str, ...]] = ("metric", "dimension", "member")

    metric: str = Field(description="Outcome metric compared; cost_usd and latency_ms per request.")
    unit: str = Field(default="fraction", description="Unit of estimate, low and high: fraction, usd or ms.")
    dimension: Dimension = Field(description="What it is broken down by: all, workflow or model.")
    member: str = Field(description="Member of the dimension; * for all.")
    estimate: float | None = Field(description="Adjusted difference, fallback minus preferred.")
    low: float | None = Field(
        description="Lower limit of the 95% interval; NULL too where preferred requests were cut off: none is known."
    )
    high: float | None = Field(
        description="Upper limit of the 95% interval; NULL too where fallback requests were cut off: none is known."
    )
    crude_estimate: float | None = Field(description="Unadjusted difference, always shown beside.")
    ratio: float | None = Field(default=None, description="Fallback over preferred under the same weights.")
    ratio_low: float | None = Field(default=None, description="Lower limit of the ratio; of amounts only.")
    ratio_high: float | None = Field(default=None, description="Upper limit of the ratio; of amounts only.")
    excess: float | None = Field(
        default=None,
        description="Runs, dollars or ms more than the same work on the preferred lane would have had.",
    )
    excess_low: float | None = Field(default=None, description="Lower limit of the excess.")
    excess_high: float | None = Field(default=None, description="Upper limit of the excess.")
    bound_low: float | None = Field(
        default=None, description="Crude difference if all unseen outcomes favour fallback."
    )
    bound_high: float | None = Field(
        default=None, description="Crude difference if all unseen outcomes are against it."
    )
    detectable: float | None = Field(default=None, description="Smallest difference found with 80% chance.")
    heterogeneity_p: float | None = Field(
        default=None, description="Chance of as much spread among workflows from one effect; of dimension all only."
    )
    strata: int = Field(ge=0, description="Strata that hold both lanes.")
    episodes: int = Field(ge=0, description="Episodes behind the fallback runs.")
    effective_episodes: float | None = Field(
        default=None, description="Episodes of one size that the fallbacks are worth; below 10 nothing is called worse."
    )
    n_fallback: int = Field(ge=0, description="Mature fallback runs; of amounts, requests.")
    n_preferred: int = Field(ge=0, description="Mature preferred runs; of amounts, requests.")
    events_fallback: int | None = Field(ge=0, description="Events among the fallback runs; NULL of amounts.")
    events_preferred: int | None = Field(ge=0, description="Events among the preferred runs; NULL of amounts.")
    is_maturing: bool | None = Field(
        default=None, description="An outcome that arrives late may still change this row; NULL of amounts."
    )
    cut_fallback: int | None = Field(
        default=None,
        ge=0,
        description="Fallback requests cut off, whose time counts as far as it was seen; NULL but of latency_ms.",
    )
    cut_preferred: int | None = Field(default=None, ge=0, description="The same of the preferred requests.")
    overlap: float | None = Field(ge=0, le=1, description="Share of fallback runs in strata that hold both lanes.")
    e_value: float | None = Field(description="How strong an unmeasured cause would have to be.")
    status: MetricStatus = Field(description="Whether the difference may be read as one.")
    warning: str | None = Field(description="What limits the comparison.")
    as_of: datetime = Field(description="Watermark.")


class LatencyHistogram(Row):
    """One log-scaled bucket of latency for one day; buckets add up over days, cut ones apart from the others."""

    table: ClassVar[str] = "latency_histograms"
    key: ClassVar[tuple[str, ...]] = ("period_start", "workflow", "model", "lane", "measure", "is_cut", "bucket")

    period_start: datetime = Field(description="Start of the day.")
    workflow: str | None = Field(description="Workflow.")
    model: str | None = Field(description="Served model; of answer_ms, the model that was called.")
    lane: MetricLane = Field(description="preferred or fallback; all where the log cannot tell, and of answer_ms.")
    measure: str = Field(
        description="duration_ms and added_latency_ms of requests; answer_ms of the attempts on a model."
    )
    is_cut: bool | None = Field(
        default=None, description="Cut off after that time, by a timeout or a caller: it would have been longer."
    )
    bucket: int = Field(description="ceil(ln(x) / ln(gamma)), gamma = 1.01 / 0.99.")
    requests: int = Field(ge=0, description="Requests in the bucket; of answer_ms, attempts.")
    cut_after_ms: float | None = Field(
        default=None, ge=0, description="Shortest time in the bucket; NULL unless is_cut."
    )


class LatencyHour(LatencyHistogram):
    """The same for one hour, in coarser buckets; of the last 14 days only."""

    table: ClassVar[str] = "latency_hours"

    period_start: datetime = Field(description="Start of the hour; where a clock is set back, of both of its hours.")
    bucket: int = Field(description="ceil(ln(x) / ln(gamma)), gamma = 1.05 / 0.95.")


class Restatement(Row):
    """One published figure that later data changed."""

    table: ClassVar[str] = "restatements"
    key: ClassVar[tuple[str, ...]] = ("metric", "grain", "period_start", "dimension", "member", "lane", "as_of")

    metric: str = Field(description="Name of the metric.")
    grain: Grain = Field(description="Length of the period.")
    period_start: datetime = Field(description="Start of the period.")
    dimension: Dimension = Field(description="What it is broken down by.")
    member: str = Field(description="Member of the dimension.")
    lane: MetricLane = Field(description="Which requests or runs it speaks of.")
    previous_as_of: datetime = Field(description="Watermark of the figure before.")
    as_of: datetime = Field(description="Watermark of the figure after.")
    numerator_change: float | None = Field(description="After minus before.")
    denominator_change: float | None = Field(description="After minus before.")
    previous_value: float | None = Field(description="The figure before.")
    value: float | None = Field(description="The figure after.")


class ConformanceWeek(Row):
    """One workflow class and week with how its fallbacks, and the requests that failed without one, were judged."""

    table: ClassVar[str] = "conformance_weeks"
    key: ClassVar[tuple[str, ...]] = ("workflow_class", "week_start")

    workflow_class: str | None = Field(description="Class of the policy in force; NULL for work that none matches.")
    week_start: date = Field(description="First day of the week, in the project's time zone.")
    request_count: int = Field(ge=1, description="Requests judged or not.")
    in_policy: int = Field(ge=0, description="Allowed.")
    breaches: int = Field(ge=0, description="Out of policy, fallbacks that were due and did not happen among them.")
    indeterminate: int = Field(ge=0, description="The log cannot tell; no part of `judged`.")
    judged: int = Field(ge=0, description="In policy or not.")
    silent_downgrades: int = Field(ge=0, description="Answered without being allowed or marked, and without a sign.")
    silent_upgrades: int = Field(ge=0, description="The same at more than twice the cost of what is preferred.")
    wrong_order: int = Field(ge=0, description="An earlier substitute was called for and not tried.")
    missed_fallbacks: int = Field(ge=0, description="Failed although a substitute was called for.")
    without_reason: int = Field(ge=0, description="Fallbacks of which the log gives no reason, breaches or not.")
    breach_fraction: float | None = Field(ge=0, le=1, description="breaches / judged; NULL where none is judged.")
    breach_fraction_low: float | None = Field(ge=0, le=1, description="Lower Clopper-Pearson limit, two-sided 95%.")
    breach_fraction_high: float | None = Field(ge=0, le=1, description="Upper Clopper-Pearson limit, two-sided 95%.")


class Recommendation(Row):
    """One change to the policy that the evidence suggests."""

    table: ClassVar[str] = "recommendations"
    key: ClassVar[tuple[str, ...]] = ("recommendation_id",)

    recommendation_id: str = Field(description="Hash of kind, scope and change.")
    kind: str = Field(description="Entry of the catalogue.")
    workflow_class: str | None = Field(description="Class concerned.")
    workflow: str | None = Field(description="Workflow concerned.")
    title: str = Field(description="One line.")
    change: str = Field(description="What to change, and which line of the policy.")
    policy_path: str | None = Field(description="Where that line stands in the document.")
    expected_effect: str = Field(description="In words, with n and interval.")
    estimate: float | None = Field(description="Expected change of the metric.")
    low: float | None = Field(description="Lower limit of the 95% interval.")
    high: float | None = Field(description="Upper limit of the 95% interval.")
    evidence_class: EvidenceClass = Field(description="What it rests on.")
    confidence: Confidence = Field(description="How far it may be trusted.")
    falsifier: str = Field(description="What would show it to be wrong.")
    evidence: str = Field(description="JSON of the figures behind it.")
    evidence_sql: str = Field(description="Query that shows the rows behind it.")
    as_of: datetime = Field(description="Watermark.")
    policy_id: str | None = Field(default=None, description="Policy that it would change.")
    policy_version: int | None = Field(default=None, ge=1, description="Version that the evidence was judged under.")
    measure: str | None = Field(default=None, description="What estimate, low and high measure.")
    n_requests: int | None = Field(default=None, ge=0, description="Requests or runs behind it.")
    n_episodes: int | None = Field(default=None, ge=0, description="Episodes behind it; NULL where none is needed.")
    guards_passed: list[str] = Field(default=[], description="Checks that the evidence passed.")
    guards_failed: list[str] = Field(default=[], description="Checks that it did not pass; they cap the confidence.")
    priority: int | None = Field(default=None, ge=1, description="Place in the order in which to look at them.")
    state: RecommendationState = Field(
        default=RecommendationState.OPEN, description="open, accepted, rejected, superseded or expired."
    )
    proposed_at: datetime | None = Field(default=None, description="Watermark at which it was first proposed.")
    decided_at: datetime | None = Field(default=None, description="When a person accepted or rejected it.")
    decided_by: str | None = Field(default=None, description="Role or group that decided; never a person's name.")
    decision_reason: str | None = Field(default=None, description="Why it was rejected, or what was agreed.")
    decided_n: int | None = Field(default=None, description="Requests behind it when it was decided.")
    decided_confidence: Confidence | None = Field(
        default=None, description="How far it might be trusted when it was decided."
    )
    outcome: RecommendationOutcome | None = Field(
        default=None, description="Of an accepted one, whether the change did what was promised."
    )
    outcome_detail: str | None = Field(default=None, description="Before and after with their interval.")
