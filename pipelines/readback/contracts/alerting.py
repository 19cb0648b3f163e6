"""Nouns of what readback warns of: alerts, silences, what watches for rises, every message sent or held."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import (
    AlertState,
    AlertTier,
    MonitorStatus,
    NotificationKind,
    NotificationStage,
    NotificationState,
)


class Alert(Row):
    """One condition that people should know of, with the evidence and the SQL that shows it again."""

    table: ClassVar[str] = "alerts"
    key: ClassVar[tuple[str, ...]] = ("alert_id",)

    alert_id: str = Field(description="Fingerprint: rule, version, scope, onset.")
    rule: str = Field(description="Rule that fired.")
    rule_version: int = Field(ge=1, description="Version of the rule.")
    tier: AlertTier = Field(description="How loudly it speaks.")
    state: AlertState = Field(description="Where it stands.")
    workflow: str | None = Field(description="Workflow concerned.")
    metric: str | None = Field(description="Metric concerned.")
    title: str = Field(description="One line.")
    detail: str = Field(description="What was seen, with n and interval.")
    evidence: str = Field(description="JSON of the figures that the rule saw.")
    evidence_sql: str = Field(description="Query that shows the rows behind it.")
    started_at: datetime = Field(description="Onset of the condition.")
    fired_at: datetime = Field(description="Watermark at which this occurrence began.")
    resolved_at: datetime | None = Field(description="Watermark at which it no longer held.")
    acknowledged_by: str | None = Field(description="Who took it.")
    as_of: datetime = Field(description="Watermark of the last evaluation.")
    workflow_class: str | None = Field(default=None, description="Class of the workflow, where the rule knows it.")
    level: int = Field(
        default=0, ge=0, description="How far it has escalated: tenfold evidence, or the rule's next step."
    )
    occurrence: int = Field(default=1, ge=1, description="How often this fingerprint has fired.")
    quiet_ends_at: datetime | None = Field(default=None, description="End of the quiet time after the resolution.")
    held_count: int = Field(
        default=0, ge=0, description="Looks at which it held inside a quiet time and nobody was told."
    )
    resolved_by: str | None = Field(default=None, description="Who settled it; NULL where it ended by itself.")
    shared_cause: str | None = Field(default=None, description="Model that workflows with the same trouble share.")
    parent_id: str | None = Field(default=None, description="Alert that tells of this one together with others.")


class Silence(Row):
    """One agreement not to be told of some alerts for a time."""

    table: ClassVar[str] = "silences"
    key: ClassVar[tuple[str, ...]] = ("silence_id",)

    silence_id: str = Field(description="Hash of what is silenced, from when, by whom.")
    rule: str = Field(description="Rule silenced; may hold `*`.")
    workflow: str = Field(description="Workflow silenced; may hold `*`, which alone also covers alerts of none.")
    owner: str = Field(description="Who answers for it: a role or group.")
    reason: str = Field(description="Why.")
    starts_at: datetime = Field(description="Inclusive, in the time of the logs.")
    expires_at: datetime = Field(description="Exclusive, in the time of the logs.")


class Monitor(Row):
    """One outcome rate of one workflow that is watched for a rise, and how small a rise would be seen."""

    table: ClassVar[str] = "monitors"
    key: ClassVar[tuple[str, ...]] = ("workflow", "metric")

    workflow: str = Field(description="Workflow; (none) where the log names none.")
    metric: str = Field(description="Outcome metric.")
    status: MonitorStatus = Field(description="Whether a rise would be seen.")
    first_week_at: datetime = Field(description="Start of the first week of the baseline.")
    last_week_at: datetime = Field(description="Start of the last mature week.")
    week_count: int = Field(ge=0, description="Mature weeks, the baseline among them.")
    left_out_count: int | None = Field(
        default=None,
        ge=0,
        description="Weeks with a holiday, or taken up by an episode, which the baseline leaves out.",
    )
    baseline_rate: float | None = Field(ge=0, le=1, description="Rate in the baseline; NULL where it has no runs.")
    weekly_n: float | None = Field(ge=0, description="Mature runs a week, lately.")
    design_effect: float = Field(ge=1, description="Inflation of the variance by clusters.")
    evidence_ratio: float | None = Field(ge=0, description="Evidence for a rise, M; NULL before the first look.")
    watch_from: float = Field(description="Evidence from which it is watched.")
    alert_from: float = Field(description="Evidence from which it is alerted on.")
    detectable_change: float | None = Field(
        ge=0,
        description="Least lasting rise that is alerted on within 8 weeks, 4 times of 5; NULL where none would be.",
    )
    month_rate: float | None = Field(
        default=None, ge=0, le=1, description="Rate in the last 4 mature weeks; NULL where they have no runs."
    )
    month_low: float | None = Field(default=None, ge=0, le=1, description="Lower 95% limit, on the effective n.")
    month_high: float | None = Field(default=None, ge=0, le=1, description="Upper 95% limit, on the effective n.")
    month_n: float | None = Field(default=None, ge=0, description="Mature runs in these weeks.")
    month_evidence: float | None = Field(
        default=None, ge=0, description="E-value of these weeks against the baseline; NULL where they lie in it."
    )
    is_listed: bool | None = Field(
        default=None,
        description="On the list of rates that rose in these weeks, of which at most 5% are false (e-BH).",
    )
    as_of: datetime = Field(description="Watermark.")


class Notification(Row):
    """One message that is to be sent, was sent, or was held back: outbox and ledger in one."""

    table: ClassVar[str] = "notifications"
    key: ClassVar[tuple[str, ...]] = ("notification_id",)

    notification_id: str = Field(
        description="Hash of subject, occurrence, stage, level and channel; told to the receiver."
    )
    kind: NotificationKind = Field(description="What it is about.")
    alert_id: str | None = Field(description="The alert; NULL for a digest or a heartbeat.")
    subject: str = Field(description="Title of the alert; audience and week of a digest, turn of a heartbeat.")
    occurrence: int = Field(ge=1, description="Occurrence of the alert; 1 otherwise.")
    stage: NotificationStage = Field(description="Which turn it tells.")
    level: int = Field(ge=0, description="Level of the alert.")
    channel: str = Field(description="Name of the channel, never its address; (none) where no channel takes it.")
    state: NotificationState = Field(description="What became of it.")
    reason: str | None = Field(description="Why it was held back, failed last, or died.")
    silence_id: str | None = Field(description="Silence that holds it back.")
    attempts: int = Field(ge=0, description="Deliveries tried, those that never came to an end among them.")
    title: str = Field(description="One line.")
    body: str = Field(description="Text: counts and a link, no payload.")
    body_html: str | None = Field(description="The same as HTML, for a digest.")
    created_at: datetime = Field(description="Watermark at which it was queued: of the data that it speaks of.")
    next_attempt_at: datetime | None = Field(description="Not to be tried before; NULL at once.")
    sent_at: datetime | None = Field(description="When the receiver accepted it.")
    is_stale: bool | None = Field(description="Said on top that its data were old; NULL while not sent.")


class Evaluation(Row):
    """One look at all rules that came with a clock, so that its absence can be noticed."""

    table: ClassVar[str] = "evaluations"
    key: ClassVar[tuple[str, ...]] = ("evaluated_at",)

    evaluated_at: datetime = Field(description="When it was made.")
    as_of: datetime = Field(description="Watermark of the data.")
    fired: int = Field(ge=0, description="Alerts that opened at this look.")
    open_alerts: int = Field(ge=0, description="Alerts that stand open, nobody having taken them.")
    is_stale: bool = Field(description="The data were older than `[alerts] stale_after`.")
