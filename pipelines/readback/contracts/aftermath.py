"""Nouns of what came after: runs, their outcomes, and what each source was able to see."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import (
    ActorKind,
    ArtifactType,
    CostBasis,
    CoverageMode,
    Decision,
    ErrorType,
    LinkMethod,
    MetricLane,
    OutcomeKind,
    OverrideTarget,
    ReviewMode,
    ReworkType,
    RunMetric,
    RunStatusValue,
    ServedBy,
    Severity,
    TimeQuality,
)


class Run(Row):
    """One ticket, pull request, payment or task that one or more requests served."""

    table: ClassVar[str] = "runs"
    key: ClassVar[tuple[str, ...]] = ("run_id",)

    run_id: str = Field(description="As the log names it; the request id where it names none.")
    workflow: str | None = Field(description="Workflow of its first request.")
    workflow_class: str | None = Field(description="Class of the policy in force.")
    team: str | None = Field(description="Team of its first request.")
    environment: str | None = Field(description="Environment of its first request.")
    started_at: datetime = Field(description="Start of its first request.")
    ended_at: datetime | None = Field(description="End of its last request.")
    released_at: datetime | None = Field(description="When its output was released; NULL if it never was.")
    request_count: int = Field(ge=1, description="Requests.")
    fallback_count: int | None = Field(ge=0, description="Requests off the preferred lane; NULL where underivable.")
    is_fallback: bool | None = Field(description="Any request was off the preferred lane.")
    is_final_fallback: bool | None = Field(description="The request that gave the output was off the preferred lane.")
    served_by: ServedBy | None = Field(description="Who gave the output.")
    preferred_model: str | None = Field(description="Preferred model of the request that gave the output.")
    served_model: str | None = Field(description="Model that gave the output.")
    served_provider: str | None = Field(description="Provider that gave the output.")
    first_cause: str | None = Field(description="Cause of its first fallback.")
    episode_id: str | None = Field(description="Episode of its first fallback.")
    review_mode: ReviewMode | None = Field(description="Why it was reviewed; NULL where it was not.")
    cost_usd: float | None = Field(ge=0, description="Sum over its requests in US dollars.")
    weight: float = Field(ge=0, description="1 / sampling rate of the log.")


class Outcome(Row):
    """One thing that happened to a run afterwards, as one outcome source tells it."""

    table: ClassVar[str] = "outcomes"
    key: ClassVar[tuple[str, ...]] = ("outcome_id",)

    outcome_id: str = Field(description="Hash of source system, source record id, kind and revision.")
    kind: OutcomeKind = Field(description="What happened.")
    source_system: str = Field(description="System that tells it.")
    source_record_id: str = Field(description="Id in that system.")
    revision: int = Field(ge=0, description="Later revisions replace earlier ones.")
    retracted: bool = Field(description="Taken back: review dismissed, dispute won, false alarm.")
    occurred_at: datetime = Field(description="When it happened.")
    recorded_at: datetime | None = Field(description="When the source wrote it.")
    time_quality: TimeQuality = Field(description="How exact occurred_at is.")
    file_id: str = Field(description="Content hash of the file that the record stands in.")
    line: int = Field(ge=1, description="Line of that file, counted from 1.")
    request_id: str | None = Field(description="Raw join key, as found.")
    trace_id: str | None = Field(description="Raw join key, lower case without dashes.")
    provider_response_id: str | None = Field(description="Raw join key, as found.")
    session_id: str | None = Field(description="Raw join key, as found.")
    run_id: str | None = Field(description="Raw join key, as found.")
    artifact_type: ArtifactType | None = Field(description="What it is about.")
    artifact_id: str | None = Field(description="Which one.")
    workflow: str | None = Field(description="Workflow, where the source knows it.")
    actor_kind: ActorKind = Field(description="Who acted.")
    actor_ref: str | None = Field(description="Keyed hash of the person; never a name.")
    decision: Decision | None = Field(description="For reviews and overrides.")
    override_target: OverrideTarget | None = Field(description="For overrides.")
    reason_code: str | None = Field(description="Controlled word of the source.")
    appropriate: bool | None = Field(description="Adjudicated later: was the override right?")
    review_mode: ReviewMode | None = Field(description="Why it was reviewed.")
    edit_ratio: float | None = Field(ge=0, le=1, description="Normalised edit distance.")
    rework_type: ReworkType | None = Field(description="For rework.")
    effort_seconds: int | None = Field(ge=0, description="Human time in seconds.")
    severity: Severity | None = Field(description="For downstream errors.")
    severity_raw: str | None = Field(description="The source's own word.")
    error_type: ErrorType | None = Field(description="For downstream errors.")
    impact_start: datetime | None = Field(description="Start of the harm.")
    impact_end: datetime | None = Field(description="End of the harm; NULL while it lasts.")
    affected_count: int | None = Field(ge=0, description="How many were affected.")
    cost_amount: float | None = Field(ge=0, description="Cost in cost_currency; 0 is a statement, NULL is unknown.")
    cost_currency: str | None = Field(description="ISO 4217 code.")
    cost_basis: CostBasis | None = Field(description="How the cost is known.")
    score: float | None = Field(description="Raw score, for feedback.")
    label: str | None = Field(description="Raw label, for feedback.")


class OutcomeLink(Row):
    """One tie between an outcome and a run."""

    table: ClassVar[str] = "outcome_links"
    key: ClassVar[tuple[str, ...]] = ("outcome_id", "run_id")

    outcome_id: str = Field(description="The outcome.")
    run_id: str = Field(description="The run.")
    method: LinkMethod = Field(description="How they were tied.")
    weight: float = Field(ge=0, le=1, description="Share of cost and severity; sums to 1 per outcome.")
    rule_id: str = Field(description="Linking rule that made the tie.")


class OutcomeCoverage(Row):
    """What one outcome source was able to see of one workflow, for one kind of outcome."""

    table: ClassVar[str] = "outcome_coverage"
    key: ClassVar[tuple[str, ...]] = ("source_system", "workflow", "kind", "coverage_from")

    source_system: str = Field(description="Outcome source.")
    workflow: str = Field(description="Workflow name or pattern; * for all.")
    kind: OutcomeKind = Field(description="Kind of outcome.")
    coverage_from: datetime = Field(description="Start, inclusive.")
    coverage_to: datetime | None = Field(description="End, exclusive; NULL while it lasts.")
    watermark_at: datetime = Field(description="The source was read completely up to this time.")
    mode: CoverageMode = Field(description="Sees all, or a sample.")
    sample_rate: float | None = Field(ge=0, le=1, description="Share sampled; NULL for complete.")


class RunStatus(Row):
    """What is known of one run for one outcome metric; exactly one row per run and metric."""

    table: ClassVar[str] = "run_status"
    key: ClassVar[tuple[str, ...]] = ("run_id", "metric")

    run_id: str = Field(description="The run.")
    metric: RunMetric = Field(description="The outcome metric.")
    status: RunStatusValue = Field(description="event, clear, censored, uncovered or not_eligible.")
    is_mature: bool = Field(description="Observable and its window has fully elapsed: it counts in the headline rate.")
    event_at: datetime | None = Field(description="First event inside the window; NULL too where its time is unknown.")
    started_at: datetime = Field(description="Start of the run: rates are told by exposure time.")
    released_at: datetime | None = Field(description="Start of the window.")
    window_s: float = Field(ge=0, description="Attribution window in seconds.")
    workflow: str | None = Field(description="Workflow of the run.")
    lane: MetricLane | None = Field(description="fallback if any request of the run was one; NULL if underivable.")
    weight: float = Field(ge=0, description="1 / sampling rate of the outcome source.")
    closes_at: datetime | None = Field(
        default=None,
        description="When its last window ended: what occurs later counts no more. NULL while a source is behind.",
    )
