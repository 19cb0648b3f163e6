"""Nouns of the timeline around the traffic: incidents, admin changes, policies, independent counts."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import (
    Activation,
    BiasDirection,
    Boundary,
    Cause,
    Counted,
    PolicyStatus,
    Risk,
    Stage,
    TargetKind,
)


class ProviderIncident(Row):
    """One incident as its provider declared it: context, never the recovery metric itself."""

    table: ClassVar[str] = "provider_incidents"
    key: ClassVar[tuple[str, ...]] = ("incident_id",)

    incident_id: str = Field(description="<provider>:<the feed's own id>.")
    provider: str = Field(description="Provider, lower case.")
    title: str | None = Field(description="Title as written.")
    impact: str | None = Field(description="Impact as declared: none, minor, major, critical, maintenance.")
    components: list[str] = Field(description="Names of components as written.")
    started_at: datetime | None = Field(description="Declared or first told start.")
    investigating_at: datetime | None = Field(description="First update of that stage.")
    identified_at: datetime | None = Field(description="First update of that stage.")
    monitoring_at: datetime | None = Field(description="First update of that stage: mitigated.")
    resolved_at: datetime | None = Field(description="Declared recovery.")
    postmortem_at: datetime | None = Field(description="First update of that stage.")
    first_stage_at: datetime | None = Field(description="Earliest of investigating, identified, monitoring.")
    is_ordered: bool = Field(description="Stages in their proper order; a window out of order is never used.")
    status: str | None = Field(description="Status as declared.")
    file_id: str = Field(description="Content hash of the file that the record stands in.")
    line: int = Field(ge=1, description="Line, or element of the list, counted from 1.")


class AdminChange(Row):
    """One thing that an admin switched off or on."""

    table: ClassVar[str] = "admin_changes"
    key: ClassVar[tuple[str, ...]] = ("change_id",)

    change_id: str = Field(description="Hash of source and the record's own id.")
    source: str = Field(description="Log format.")
    scope: str | None = Field(description="Tenant, project or group that it applies to.")
    provider: str | None = Field(description="Provider switched.")
    model: str | None = Field(description="Model switched; NULL for a whole provider.")
    is_enabled: bool = Field(description="State after the change.")
    effective_at: datetime | None = Field(description="When it took effect, where the log says.")
    seen_at: datetime = Field(description="When the change was recorded.")
    actor_ref: str | None = Field(description="Keyed hash of who did it.")
    file_id: str = Field(description="Content hash of the file that the record stands in.")
    line: int = Field(ge=1, description="Line of that file, counted from 1.")


class CounterReading(Row):
    """One reading of an independent counter: a series of a scrape, which only rises, or a bucket of a usage export."""

    table: ClassVar[str] = "counter_readings"
    key: ClassVar[tuple[str, ...]] = ("reading_id",)

    reading_id: str = Field(description="Hash of format, counter, instance, series and the time that it speaks of.")
    source: str = Field(description="Log format.")
    counter: str = Field(description="Name of the counter as written.")
    counts: Counted = Field(description="What it counts.")
    instance: str | None = Field(description="The replica that was read, where there may be several.")
    series: str | None = Field(description="Hash of all its labels; NULL where the counter had no series yet.")
    model: str | None = Field(description="Model as written, where the counter is split by it.")
    from_at: datetime | None = Field(description="Start of a bucket; NULL for a counter that only rises.")
    read_at: datetime = Field(description="When it was read; the end of a bucket.")
    total: float | None = Field(ge=0, description="Its value; NULL where it had no series yet.")
    started_at: datetime | None = Field(description="Start of the process that counts, where it says so.")
    file_id: str = Field(description="Content hash of the file that the record stands in.")
    line: int = Field(ge=1, description="Line of that file, counted from 1.")


class SourceCounter(Row):
    """An independent count from the source itself, against which the rows of logs are reconciled.

    A counter that only rises tells what it rose by between scrapes; one scrape alone tells nothing.
    """

    table: ClassVar[str] = "source_counters"
    key: ClassVar[tuple[str, ...]] = ("source", "counter", "model", "hour")

    source: str = Field(description="Log format that told the count.")
    counter: str = Field(description="Name of the counter as written.")
    counts: Counted = Field(description="What it counts.")
    model: str | None = Field(description="Model as written, where the counter is split by it.")
    hour: datetime = Field(description="The hour in which the middle of the time counted lies; of a bucket, its start.")
    from_at: datetime = Field(description="Start of the time counted.")
    until_at: datetime = Field(description="End of the time counted; a bucket of a day ends a day later.")
    counted: int = Field(ge=0, description="How many it counted.")
    reset_count: int = Field(ge=0, description="Restarts of the counter; what it counted before one may be missing.")
    file_id: str = Field(description="Content hash of the file that the last reading stands in.")
    line: int = Field(ge=1, description="Line of that file, counted from 1.")


class Reconciliation(Row):
    """What a source counted against what the logs told, per hour and model, where both cover the time."""

    table: ClassVar[str] = "reconciliation"
    key: ClassVar[tuple[str, ...]] = ("source", "counter", "compared_with", "model", "hour")

    source: str = Field(description="Log format that told the count.")
    counter: str = Field(description="Name of the counter as written.")
    counts: Counted = Field(description="What was counted on both sides.")
    compared_with: str = Field(description="Log format that it speaks of, or `provider:<name>` for all calls to one.")
    model: str | None = Field(description="Model by its canonical name, where the counter is split by it.")
    hour: datetime = Field(description="The hour in which the middle of the time counted lies; of a bucket, its start.")
    from_at: datetime = Field(description="Start of the time compared.")
    until_at: datetime = Field(description="End of the time compared, exclusive.")
    counted: int = Field(ge=0, description="How many the source counted.")
    logged: int | None = Field(ge=0, description="How many the logs hold; NULL where that cannot be said.")
    missing: int | None = Field(description="counted - logged; negative where the logs hold more.")
    missing_reason: str | None = Field(description="Why counted and logged cannot be compared.")
    fallback_share: float | None = Field(
        ge=0, le=1, description="Share of fallbacks among the answers of this model on that day, as far as logged."
    )
    bias: BiasDirection | None = Field(
        description="Where the missing rows push the fallback frequency: down where a substitute's are missing."
    )


class PolicyVersion(Row):
    """One immutable version of a fallback policy, half-open in time."""

    table: ClassVar[str] = "policies"
    key: ClassVar[tuple[str, ...]] = ("policy_id", "version")

    policy_id: str = Field(description="Stable across versions.")
    version: int = Field(ge=1, description="Rising.")
    status: PolicyStatus = Field(description="Only active versions judge events.")
    digest: str = Field(description="SHA-256 of the canonical document.")
    effective_from: datetime = Field(description="Inclusive.")
    effective_to: datetime | None = Field(description="Exclusive; NULL while it lasts.")
    owner_team: str | None = Field(description="Team that owns it.")
    owner_contact: str | None = Field(description="A group, not a person.")
    approved_by: str | None = Field(description="Role that approved it.")
    approved_at: datetime | None = Field(description="When it was approved.")
    review_cadence_s: float | None = Field(ge=0, description="Time between reviews in seconds.")
    review_next_due: date | None = Field(description="Next review.")
    undeclared_workflow: str = Field(description="What happens to a workflow without a class.")
    source_kind: str = Field(description="native, or the gateway that it was imported from.")
    source_ref: str | None = Field(description="File that it was read from.")


class PolicyClass(Row):
    """One workflow class of one policy version."""

    table: ClassVar[str] = "policy_classes"
    key: ClassVar[tuple[str, ...]] = ("policy_id", "version", "class_id")

    policy_id: str = Field(description="The policy.")
    version: int = Field(ge=1, description="Its version.")
    class_id: str = Field(description="The class.")
    stage: Stage | None = Field(description="How far it reaches into the world.")
    risk: Risk | None = Field(description="What a wrong answer can cost.")
    boundary: Boundary | None = Field(description="What it may do when no listed substitute applies.")
    preferred_models: list[str] = Field(description="Preferred models in order.")
    failure_domain: str | None = Field(description="What the first preferred model fails together with.")
    triggers: list[str] = Field(description="Declared trigger types.")
    stop_conditions: list[str] = Field(description="What must have run, else the workflow stops.")
    is_marking_required: bool = Field(description="A substitute's output must be labelled.")
    rto_s: float | None = Field(ge=0, description="Recovery objective in seconds.")
    impact_tolerance_s: float | None = Field(ge=0, description="Maximum tolerable disruption in seconds.")
    rework_window_s: float | None = Field(ge=0, description="Attribution window; NULL for the default.")
    error_window_s: float | None = Field(ge=0, description="Attribution window; NULL for the default.")
    review_window_s: float | None = Field(ge=0, description="Attribution window; NULL for the default.")
    latency_limit_s: float | None = Field(
        default=None, ge=0, description="Strictest latency trigger on whole answers in seconds; NULL without one."
    )
    latency_path: str | None = Field(default=None, description="Where that trigger's limit stands in the document.")
    attempt_limit: int | None = Field(default=None, ge=1, description="Attempts on one model, retries included.")
    cooldown_s: float | None = Field(default=None, ge=0, description="Seconds that a failing model is left alone.")
    cooldown_failures: int | None = Field(default=None, ge=1, description="Failures that open it; NULL for one.")
    cooldown_window_s: float | None = Field(default=None, ge=0, description="Within how many seconds; NULL in a row.")
    ceiling_usd: float | None = Field(default=None, ge=0, description="Lowest cost ceiling in US dollars.")
    ceiling_period_s: float | None = Field(default=None, ge=0, description="Period that the ceiling holds for.")
    ceiling_path: str | None = Field(default=None, description="Where that amount stands in the document.")
    path: str = Field(description="Where the class stands in the document.")


class PolicyTrigger(Row):
    """One trigger that a class declares."""

    table: ClassVar[str] = "policy_triggers"
    key: ClassVar[tuple[str, ...]] = ("policy_id", "version", "class_id", "trigger_id")

    policy_id: str = Field(description="The policy.")
    version: int = Field(ge=1, description="Its version.")
    class_id: str = Field(description="The class.")
    trigger_id: str = Field(description="Name by which substitutes and retries of the class refer to it.")
    trigger_type: str = Field(description="What it watches.")
    cause: Cause | None = Field(description="Cause that a log shows for it; NULL where no log can.")
    condition: str | None = Field(description="Its `when` as JSON, durations in seconds; NULL where it has none.")
    path: str = Field(description="Where the trigger stands in the document.")


class PolicySubstitute(Row):
    """One substitute that a class names, in its order."""

    table: ClassVar[str] = "policy_substitutes"
    key: ClassVar[tuple[str, ...]] = ("policy_id", "version", "class_id", "position")

    policy_id: str = Field(description="The policy.")
    version: int = Field(ge=1, description="Its version.")
    class_id: str = Field(description="The class.")
    position: int = Field(ge=1, description="Order of preference, from 1.")
    target: str = Field(description="Model or lane.")
    target_kind: TargetKind = Field(description="What it is.")
    activation: Activation = Field(description="How it may come into use.")
    approved_by: str | None = Field(description="Role that approved it.")
    approved_at: datetime | None = Field(description="When it was approved.")
    expires_at: datetime | None = Field(description="When the approval ends; exclusive.")
    evidence: str | None = Field(description="What the approval rests on.")
    triggers: list[str] = Field(description="Causes that allow it, `*` spelled out; empty if none can show in a log.")
    max_duration_s: float | None = Field(ge=0, description="Longest time in use in seconds.")
    is_target_denied: bool = Field(description="The catalogue says that the target is disabled.")
    failure_domain: str | None = Field(description="What the target fails together with; NULL for a lane.")
    drawn_position: int | None = Field(
        default=None,
        ge=1,
        description="Place of the first of those that an approved trial draws it with; NULL for none.",
    )
    draw_ends_at: datetime | None = Field(default=None, description="When that trial ends; exclusive.")
    path: str = Field(description="Where the substitute stands in the document.")
