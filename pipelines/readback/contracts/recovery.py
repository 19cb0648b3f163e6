"""Nouns of recovery: curves, one period against the one before, and what the figures owe to the rule of episodes."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import Dimension, Grain, MetricStatus, RuleParameter


class RecoveryCurve(Row):
    """One step of a Kaplan-Meier curve of episode durations."""

    table: ClassVar[str] = "recovery_curves"
    key: ClassVar[tuple[str, ...]] = ("dimension", "member", "time_s")

    dimension: Dimension = Field(description="What it is broken down by.")
    member: str = Field(description="Member of the dimension; * for all.")
    time_s: float = Field(ge=0, description="Seconds since the opening.")
    survival: float = Field(ge=0, le=1, description="Share of episodes not yet recovered.")
    low: float | None = Field(description="Lower limit of the log(-log) band.")
    high: float | None = Field(description="Upper limit of the log(-log) band; NULL where undefined.")
    recovered: float | None = Field(default=None, ge=0, le=1, description="Share recovered by then, of all.")
    held: float | None = Field(default=None, ge=0, le=1, description="Share that ended held by then: a competing end.")
    disabled: float | None = Field(default=None, ge=0, le=1, description="Share that ended disabled by then: likewise.")
    at_risk: int = Field(ge=0, description="Episodes still followed just before.")
    events: int = Field(ge=0, description="Recoveries at this time.")
    censored: int = Field(ge=0, description="Episodes lost from view at this time.")


class RecoveryComparison(Row):
    """Recovery of the episodes that opened in one period against those of the period before."""

    table: ClassVar[str] = "recovery_comparisons"
    key: ClassVar[tuple[str, ...]] = ("grain", "period_start", "dimension", "member")

    grain: Grain = Field(description="Length of the period: week, month or quarter.")
    period_start: datetime = Field(description="Start of the period.")
    previous_start: datetime = Field(description="Start of the period before.")
    dimension: Dimension = Field(description="What it is broken down by: all, workflow or workflow_class.")
    member: str = Field(description="Member of the dimension; * for all, (none) where the log names none.")
    episodes: int = Field(ge=0, description="Episodes that opened in the period.")
    previous_episodes: int = Field(ge=0, description="Episodes that opened in the period before.")
    recoveries: int = Field(ge=0, description="Those of the period whose recovery was seen.")
    previous_recoveries: int = Field(ge=0, description="Those of the period before whose recovery was seen.")
    difference_s: float | None = Field(
        description="Mean seconds within the first four hours, this period minus the one before."
    )
    low: float | None = Field(description="Lower limit of the 95% interval; NULL below 20 recoveries in either.")
    high: float | None = Field(description="Upper limit of the 95% interval; NULL below 20 recoveries in either.")
    statistic: float | None = Field(description="Log-rank chi-squared with one degree of freedom.")
    p_value: float | None = Field(ge=0, le=1, description="Chance of curves as far apart as these from one law.")
    status: MetricStatus = Field(description="Whether the periods may be compared.")
    reason: str | None = Field(description="Why difference or test are NULL.")
    as_of: datetime = Field(description="Watermark.")


class RecoverySensitivity(Row):
    """A month's recovery, had one parameter of the rule of episodes been another."""

    table: ClassVar[str] = "recovery_sensitivity"
    key: ClassVar[tuple[str, ...]] = ("period_start", "parameter", "setting")

    period_start: datetime = Field(description="Start of the month.")
    parameter: RuleParameter = Field(description="Which key of [episodes] is another; declared for the rule in force.")
    setting: float | None = Field(description="Its value: a count, or seconds; NULL for the rule in force.")
    rule_version: str = Field(description="The whole rule, as episodes.rule_version writes it.")
    episodes: int = Field(ge=0, description="Episodes that open in the month; followed for a week after its end.")
    recoveries: int = Field(ge=0, description="Those whose recovery was seen.")
    blips: int = Field(ge=0, description="Fallbacks of the month that belong to no episode.")
    off_minutes: float = Field(ge=0, description="Minutes off the preferred model, of all these episodes.")
    median_s: float | None = Field(description="Kaplan-Meier median; NULL where too few, or not reached.")
    low: float | None = Field(description="Lower limit of its 95% interval.")
    high: float | None = Field(description="Upper limit of its 95% interval; NULL where not reached.")
    median_ratio: float | None = Field(description="This median over that of the rule in force.")
    status: MetricStatus = Field(description="Whether the median may be read as one.")
    as_of: datetime = Field(description="Watermark.")
