"""The fallback policy as its authors write it: one model per part of the YAML document. Judges nothing."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from readback.contracts.vocabulary import (
    Activation,
    Boundary,
    PolicyStatus,
    ReviewMode,
    Risk,
    Stage,
    TargetKind,
)
from readback.policy.fields import (
    Count,
    Instant,
    InstantOrDay,
    LatencyMetric,
    MarkingChannel,
    ModelStatus,
    Money,
    Name,
    QuotaUnit,
    RecoveryMode,
    Share,
    Slug,
    StopAction,
    Threshold,
    Tried,
    Undeclared,
)
from readback.policy.triggers import ANY_TRIGGER, TriggerType
from readback.settings import Seconds, Section, Zone


class Part(Section):
    """A part of the document: unknown keys, infinities and NaN are refused."""

    model_config = ConfigDict(allow_inf_nan=False, populate_by_name=True)


class Owner(Part):
    """`metadata.owner`."""

    team: Name
    contact: Name = Field(description="A group, not a person.")


class ReviewCadence(Part):
    """`metadata.review`."""

    cadence: Seconds | None = None
    last_reviewed: date | None = None
    next_due: date | None = None


class Origin(Part):
    """`metadata.source`; the digest is computed on loading, so what is written there is not trusted."""

    kind: Slug = "native"
    ref: str | None = None
    digest: str | None = None


class Metadata(Part):
    """`metadata`: which version this is, whose, and when it holds, `[effective_from, effective_to)`."""

    policy_id: Slug
    version: Count
    status: PolicyStatus
    owner: Owner | None = None
    approved_by: Name | None = None
    approved_at: Instant | None = None
    effective_from: Instant
    effective_to: Instant | None = None
    supersedes: Count | None = None
    review: ReviewCadence | None = None
    source: Origin = Origin()


class Marking(Part):
    """`defaults.marking` and `workflow_classes[].marking`."""

    required: bool
    label: str | None = None
    channels: tuple[MarkingChannel, ...] = ()


class Defaults(Part):
    """`defaults`."""

    undeclared_workflow: Undeclared
    marking: Marking


class CatalogueModel(Part):
    """`models[]`; absent capabilities are unknown, an empty list is none."""

    id: Name
    aliases: tuple[Name, ...] = ()
    provider: Name
    failure_domain: Name | None = None
    status: ModelStatus
    capabilities: tuple[Name, ...] | None = None


class LaneSpec(Part):
    """`lanes[]`: where work goes when no model may do it."""

    id: Slug
    kind: Literal[TargetKind.MANUAL, TargetKind.HOLD]
    capacity_per_hour: float | None = Field(default=None, ge=0)
    hours: str | None = None
    timezone: Zone | None = None
    max_wait: Seconds | None = None
    on_expiry: StopAction | None = None

    @model_validator(mode="after")
    def _hold_ends(self) -> "LaneSpec":
        if self.kind is TargetKind.HOLD and (self.max_wait is None or self.on_expiry is None):
            raise ValueError("a hold lane needs `max_wait` and `on_expiry`, or work could wait for ever")
        return self


class Match(Part):
    """`workflow_classes[].match`: all given keys must match."""

    routes: tuple[Name, ...] = ()
    tags: dict[Name, Name] = Field(default_factory=dict)
    key_aliases: tuple[Name, ...] = ()
    services: tuple[Name, ...] = ()


class SubstituteReview(Part):
    """`substitutes[].review`."""

    mode: ReviewMode
    rate: Share | None = None


class Substitute(Part):
    """`workflow_classes[].substitutes[]`, in order of preference."""

    target: Name
    target_kind: TargetKind
    activation: Activation
    approved_by: Name | None = None
    approved_at: InstantOrDay | None = None
    expires: InstantOrDay | None = Field(default=None, description="Exclusive.")
    evidence: Name | None = None
    triggers: tuple[str, ...] = Field(default=(), description="Trigger ids of the class, or * for all.")
    max_duration: Seconds | None = None
    review: SubstituteReview | None = None


class When(Part):
    """`triggers[].when`; which keys fit which type is judged by P009."""

    share_gte: Share | None = None
    window: Seconds | None = None
    min_requests: Count | None = None
    status_codes: tuple[Annotated[str, Field(pattern=r"^[1-5](\d\d|XX)$")], ...] | None = None
    errors: tuple[Name, ...] | None = None
    metric: LatencyMetric | None = None
    gt: Threshold | None = None
    lt: Threshold | None = None
    amount: Money | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    period: Seconds | None = None
    unit: QuotaUnit | None = None
    limit: Count | None = None
    below: float | None = None
    signal: Name | None = None
    consecutive: Count | None = None


class Trigger(Part):
    """`workflow_classes[].triggers[]`."""

    id: Slug
    type: TriggerType
    when: When = When()


class StopCondition(Part):
    """`workflow_classes[].stop_conditions[]`: what must have run, else the workflow stops."""

    id: Slug
    requires: Annotated[str, Field(pattern=r"^(guardrail|tool|verifier):\S+$")]
    on_missing: StopAction


class Retries(Part):
    """`workflow_classes[].retries`."""

    max_attempts: Count
    backoff_initial: Seconds | None = None
    backoff_max: Seconds | None = None
    on: tuple[str, ...] = ()


class Cooldown(Part):
    """`workflow_classes[].cooldown`."""

    failures: Count | None = None
    window: Seconds | None = None
    min_requests: Count | None = None
    failure_share_gte: Share | None = None
    duration: Seconds


class Recovery(Part):
    """`workflow_classes[].recovery`."""

    mode: RecoveryMode
    stable_for: Seconds | None = None
    canary_share: Share | None = None


class ImpactTolerance(Part):
    """`workflow_classes[].continuity.impact_tolerance`: the most disruption that can be borne."""

    duration: Seconds
    volume: Count | None = None


class Continuity(Part):
    """`workflow_classes[].continuity`."""

    rto: Seconds | None = None
    impact_tolerance: ImpactTolerance | None = None


class Trial(Part):
    """`workflow_classes[].trials[]`: something to find out on a drawn part of the calls; unapproved, it has not begun.

    Either another threshold of one trigger, or a draw between substitutes of the class.
    """

    id: Slug
    trigger: str | None = Field(default=None, description="Trigger of the class whose threshold is tried.")
    to: Tried | None = Field(
        default=None, description="The threshold that a drawn call gets: a duration, or an amount."
    )
    targets: tuple[Name, ...] = Field(default=(), description="Substitutes of the class that are drawn between.")
    share: Annotated[float, Field(gt=0, lt=1)] = Field(description="Part of the calls that gets the other.")
    runs: Count | None = Field(default=None, description="Runs of each side that an answer takes.")
    duration: Seconds = Field(description="From the beginning of the version.")
    log_field: Name = Field(description="Field of the log that tells what was drawn.")
    approved_by: Name | None = None
    approved_at: InstantOrDay | None = None

    @model_validator(mode="after")
    def _one_question(self) -> "Trial":
        is_threshold = self.trigger is not None and self.to is not None and not self.targets
        is_draw = self.trigger is None and self.to is None and len(self.targets) > 1
        if not is_threshold and not is_draw:
            raise ValueError("a trial needs either `trigger` and `to`, or two `targets` and neither of these")
        return self

    @property
    def is_approved(self) -> bool:
        """Somebody let it begin."""
        return self.approved_by is not None and self.approved_at is not None


class OutcomeWindows(Part):
    """`workflow_classes[].outcomes`: attribution windows that override readback.toml."""

    rework_window: Seconds | None = None
    error_window: Seconds | None = None
    review_window: Seconds | None = None
    sources: tuple[Name, ...] = ()


def _distinct(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} is declared twice")
        seen.add(name)


class WorkflowClass(Part):
    """`workflow_classes[]`; an imported draft may leave stage, risk and boundary out, which P022 reports."""

    id: Slug
    stage: Stage | None = None
    risk: Risk | None = None
    match: Match
    preferred: tuple[Name, ...] = Field(min_length=1)
    boundary: Boundary | None = None
    substitutes: tuple[Substitute, ...]
    triggers: tuple[Trigger, ...] = ()
    stop_conditions: tuple[StopCondition, ...] = ()
    marking: Marking | None = None
    retries: Retries | None = None
    cooldown: Cooldown | None = None
    recovery: Recovery | None = None
    continuity: Continuity = Continuity()
    outcomes: OutcomeWindows = OutcomeWindows()
    trials: tuple[Trial, ...] = ()

    @field_validator("triggers")
    @classmethod
    def _trigger_ids(cls, triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
        _distinct((trigger.id for trigger in triggers), "trigger")
        return triggers

    @field_validator("trials")
    @classmethod
    def _trial_ids(cls, trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
        _distinct((trial.id for trial in trials), "trial")
        return trials

    @property
    def is_complete(self) -> bool:
        """Says what a verdict needs; an imported draft may not (P022)."""
        return None not in (self.stage, self.risk, self.boundary)

    def trigger_types(self, substitute: Substitute) -> list[TriggerType]:
        """Declared types that allow a substitute, in declared order; * is every declared one."""
        named = set(substitute.triggers)
        is_any = ANY_TRIGGER in named
        return list(dict.fromkeys(t.type for t in self.triggers if is_any or t.id in named))


class Document(Part):
    """One version of one policy, as written."""

    api_version: Literal["readback.dev/v1"] = Field(alias="apiVersion")
    kind: Literal["FallbackPolicy"]
    metadata: Metadata
    defaults: Defaults
    models: tuple[CatalogueModel, ...]
    lanes: tuple[LaneSpec, ...] = ()
    workflow_classes: tuple[WorkflowClass, ...]

    @field_validator("models")
    @classmethod
    def _model_names(cls, models: tuple[CatalogueModel, ...]) -> tuple[CatalogueModel, ...]:
        _distinct((name for model in models for name in {model.id, *model.aliases}), "model or alias")
        return models

    @field_validator("lanes")
    @classmethod
    def _lane_ids(cls, lanes: tuple[LaneSpec, ...]) -> tuple[LaneSpec, ...]:
        _distinct((lane.id for lane in lanes), "lane")
        return lanes

    @field_validator("workflow_classes")
    @classmethod
    def _class_ids(cls, classes: tuple[WorkflowClass, ...]) -> tuple[WorkflowClass, ...]:
        _distinct((workflow_class.id for workflow_class in classes), "class")
        return classes

    def model_named(self, name: str) -> CatalogueModel | None:
        """The catalogue's model of an id or alias; None where it holds none."""
        return next((model for model in self.models if name == model.id or name in model.aliases), None)

    def lane_named(self, name: str) -> LaneSpec | None:
        """The lane of an id; None where there is none."""
        return next((lane for lane in self.lanes if lane.id == name), None)

    def model_id(self, name: str) -> str:
        """A model's id, by id or alias; the name itself where the catalogue does not hold it (P001)."""
        model = self.model_named(name)
        return model.id if model else name

    def marking(self, workflow_class: WorkflowClass) -> Marking:
        """The marking that holds for a class: its own, else the default."""
        return workflow_class.marking or self.defaults.marking
