"""Fleets with one planted flaw each, and clean ones: what recommendations are proved on.

Attempts and outcomes are made as the lake and the table hold them, so that a fleet of a year takes seconds. The truth
is in `SCENARIOS`: which kind of recommendation must come first, and which kinds may come at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

START = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = "portkey_gateway"
PREFERRED, SECOND, THIRD, UNLISTED = "large-1", "large-2", "large-3", "tiny-9"
COSTS = {PREFERRED: 0.010, SECOND: 0.011, THIRD: 0.009, UNLISTED: 0.001}

FLAWED = "class-00"
"""The class of the first workflow, which has the flaw; what is said of any other is false."""

_DAY_S = 86400.0
_OUTAGES_PER_DAY = 0.7
_REWORK_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Scenario:
    """One flaw: what differs from a clean fleet, the kind that must come first, and the kinds that may come.

    `first` None: nothing but what is allowed may be recommended.
    """

    name: str
    first: tuple[str, ...] | None
    allowed: frozenset[str]
    target: str | None = None
    harm: dict[str, float] = field(default_factory=dict)
    latency_limit_s: float = 30.0
    hang_share: float = 0.0
    cooldown_s: int = 60
    busy: float = 1.0
    context_share: float = 0.0
    throttled_share: float = 0.0
    is_payment: bool = False
    is_shared: bool = False
    is_mixed: bool = False
    order: tuple[str, str] = (SECOND, THIRD)

    def is_right(self, kind: str, workflow_class: str | None) -> bool:
        """A recommendation of this kind for this class speaks of what was planted, or of what may be said of it."""
        return kind in self.allowed and workflow_class == FLAWED

    def is_first(self, found: Iterable[tuple[str, str | None, str]]) -> bool:
        """Of recommendations as kind, class and title: the first names the flaw; any, where none need be named."""
        if self.first is None:
            return True
        kind, workflow_class, title = next(iter(found), ("", None, ""))
        return kind in self.first and workflow_class == FLAWED and (self.target or "") in title


def _flaw(name: str, *first: str, also: tuple[str, ...] = (), **changed: Any) -> Scenario:
    return Scenario(name, first or None, frozenset({*first, *also}), **changed)


SCENARIOS = {
    each.name: each
    for each in (
        _flaw("clean"),
        _flaw("harmful_substitute", "demote_substitute", target=SECOND, harm={SECOND: 0.15}, busy=5.0,
              cooldown_s=1800),
        _flaw("timeout_too_high", "lower_latency_trigger", latency_limit_s=60.0, hang_share=0.02),
        _flaw("cooldown_too_short", "lengthen_cooldown", cooldown_s=5, busy=6.0),
        _flaw("silent_downgrade", "approve_or_stop_substitute", target=UNLISTED, is_payment=True),
        _flaw("chronic_fallback", "chronic_fallback", throttled_share=0.3),
        _flaw("missing_trigger", "define_trigger", context_share=0.04),
        _flaw("tie", also=("run_trial",), is_shared=True, busy=5.0, cooldown_s=1800),
        _flaw(
            "simpson", "reorder_substitutes", "demote_substitute", also=("run_trial",), is_shared=True, is_mixed=True,
            busy=10.0, cooldown_s=1800, harm={THIRD: 0.14}, order=(THIRD, SECOND), target=THIRD,
        ),
    )
}  # fmt: skip
"""Every planted flaw by name, and the clean fleet."""


@dataclass(frozen=True)
class Fleet:
    """Attempts and outcomes of a fleet, its policy, and until when it was logged."""

    attempts: pl.DataFrame
    outcomes: pl.DataFrame
    policy: str
    as_of: datetime


def fleet(scenario: Scenario, seed: int, *, workflows: int = 4, days: int = 56, per_day: int = 100) -> Fleet:
    """A fleet with the flaw of a scenario in its first workflow; the same arguments give the same rows."""
    dice = np.random.default_rng(seed)
    outages = _outages(dice, days)
    parts = [_calls(scenario, dice, n, days, per_day, outages) for n in range(workflows)]
    calls = pl.concat(parts).with_row_index("number")
    attempts = pl.concat([_failures(calls), _answers(calls)], how="diagonal").sort("started_at", "attempt_id")
    return Fleet(attempts, _outcomes(calls), policy(scenario, workflows), START + timedelta(days=days))


def policy(scenario: Scenario, workflows: int) -> str:
    """The policy of the fleet as YAML: a class per workflow, the first with the flaw."""
    return _HEAD + "".join(_class(scenario, n) for n in range(workflows))


def _outages(dice: np.random.Generator, days: int) -> np.ndarray:
    """Start and end in seconds, and whether the second provider failed with the first."""
    count = max(int(dice.poisson(_OUTAGES_PER_DAY * days)), 8)
    starts = np.sort(dice.uniform(0, days * _DAY_S - 3 * 3600, count))
    return np.column_stack([starts, starts + dice.uniform(1200, 3600, count), dice.random(count) < 0.5])


def _calls(
    scenario: Scenario, dice: np.random.Generator, n: int, days: int, per_day: int, outages: np.ndarray
) -> pl.DataFrame:
    is_flawed = n == 0
    count = int(per_day * days * (scenario.busy if is_flawed else 1.0))
    at = np.sort(dice.uniform(0, days * _DAY_S, count))
    nearest = np.searchsorted(outages[:, 0], at) - 1
    is_out = (nearest >= 0) & (at < outages[nearest, 1])
    is_both = is_out & (outages[nearest, 2] > 0) & scenario.is_shared
    seconds = np.minimum(dice.lognormal(np.log(2.0), 0.4, count), 20.0)
    cause = np.where(is_out, "provider_outage", "")
    if is_flawed:
        cause = _planted_causes(scenario, dice, cause)
    workflow = np.full(count, f"w{n:02d}", dtype="<U8")
    if is_flawed and scenario.is_mixed:
        workflow = _mixed(dice, is_out, is_both)
    served = _served(scenario, dice, cause, is_both, is_flawed=is_flawed)
    base = np.where(workflow == "hard", 0.25, np.where(workflow == "easy", 0.05, 0.08))
    harm = np.array([scenario.harm.get(model, 0.0) if is_flawed else 0.0 for model in served])
    return pl.DataFrame(
        {
            "at_s": at, "class_number": n, "workflow": workflow, "seconds": seconds, "cause": cause, "served": served,
            "is_both": is_both & (cause == "provider_outage"),
            "waited": np.where(cause == "latency_breach", scenario.latency_limit_s, 0.5),
            "has_rework": dice.random(count) < base + harm, "first": scenario.order[0] if is_flawed else SECOND,
        }
    )  # fmt: skip


def _planted_causes(scenario: Scenario, dice: np.random.Generator, cause: np.ndarray) -> np.ndarray:
    draw = dice.random(cause.size)
    for share, name in (
        (scenario.hang_share, "latency_breach"),
        (scenario.context_share, "context_window"),
        (scenario.throttled_share, "provider_throttled"),
    ):
        cause = np.where((cause == "") & (draw < share), name, cause)
    return cause.astype("<U20")


def _mixed(dice: np.random.Generator, is_out: np.ndarray, is_both: np.ndarray) -> np.ndarray:
    """The first substitute gets the easy work, the second the hard; outside outages they come alike."""
    share_hard = np.where(is_both, 0.85, np.where(is_out, 0.15, 0.5))
    return np.where(dice.random(is_out.size) < share_hard, "hard", "easy").astype("<U8")


def _served(
    scenario: Scenario, dice: np.random.Generator, cause: np.ndarray, is_both: np.ndarray, *, is_flawed: bool
) -> np.ndarray:
    first, second = scenario.order if is_flawed else (SECOND, THIRD)
    served = np.where(cause == "", PREFERRED, np.where(is_both, second, first))
    if is_flawed and scenario.is_payment:
        return np.where(cause == "", PREFERRED, np.where(dice.random(cause.size) < 0.5, UNLISTED, "hold"))
    return served


def _failures(calls: pl.DataFrame) -> pl.DataFrame:
    failed = calls.filter(pl.col("cause") != "")
    first = _attempts(failed, "a", pl.lit(PREFERRED), pl.lit(None, pl.String), 0.0, pl.col("waited"))
    both = failed.filter("is_both")
    second = _attempts(both, "b", pl.col("first"), pl.lit(None, pl.String), pl.col("waited"), 0.5)
    return pl.concat([first, second]).with_columns(status=pl.lit("error"), cause_basis=pl.lit("http_status"))


def _answers(calls: pl.DataFrame) -> pl.DataFrame:
    waited = (
        pl.when(pl.col("cause") == "")
        .then(0.0)
        .otherwise(pl.col("waited") + pl.when("is_both").then(0.5).otherwise(0.0))
    )
    is_held = pl.col("served") == "hold"
    model = pl.when(is_held).then(None).otherwise(pl.col("served"))
    told = _attempts(calls, "c", model, model, waited, pl.col("seconds"))
    return told.with_columns(
        status=pl.lit("ok"), cause=pl.lit(None, pl.String),
        lane=pl.when(pl.col("model_served").is_null()).then(pl.lit("hold")),
        is_marked=pl.when(pl.col("model_served").is_in([SECOND, THIRD])).then(True).when(
            pl.col("model_served") == UNLISTED).then(False),
    )  # fmt: skip


def _attempts(calls: pl.DataFrame, suffix: str, model: Any, served: Any, after: Any, lasting: Any) -> pl.DataFrame:
    began = pl.col("at_s") + after
    return calls.select(
        attempt_id=pl.format("{}-" + suffix, "number"),
        request_id=pl.format(SOURCE + ":{}", "number"),
        source=pl.lit(SOURCE),
        file_id=pl.lit("f"),
        line=pl.col("number").cast(pl.Int64) + 1,
        started_at=_moment(began),
        ended_at=_moment(began + lasting),
        workflow=pl.col("workflow"),
        route=pl.format("r{}", "class_number"),
        model_requested=model,
        model_served=served,
        cause=pl.col("cause"),
        cost_usd=served.replace_strict(COSTS, default=None, return_dtype=pl.Float64),
        chain_basis=pl.lit("explicit_attempts"),
        weight=pl.lit(1.0),
    )


def _moment(seconds: Any) -> Any:
    return pl.lit(START) + pl.duration(microseconds=(seconds * 1e6).cast(pl.Int64))


def _outcomes(calls: pl.DataFrame) -> pl.DataFrame:
    return calls.filter(pl.col("has_rework") & (pl.col("served") != "hold")).select(
        outcome_id=pl.format("o{}", "number"), kind=pl.lit("rework"), source_system=pl.lit("reviews"),
        source_record_id=pl.format("{}", "number"), revision=pl.lit(0), retracted=pl.lit(False),
        occurred_at=_moment(pl.col("at_s")) + _REWORK_AFTER, time_quality=pl.lit("exact"), file_id=pl.lit("o"),
        line=pl.lit(1), request_id=pl.format(SOURCE + ":{}", "number"), actor_kind=pl.lit("human"),
    )  # fmt: skip


_HEAD = f"""\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: planted
  version: 1
  status: active
  owner: {{team: operations, contact: "group:operations"}}
  approved_by: "role:model-risk"
  approved_at: 2026-05-01T00:00:00Z
  effective_from: 2026-05-01T00:00:00Z
  effective_to: null
  review: {{cadence: 365d, last_reviewed: 2026-05-01, next_due: 2027-05-01}}
defaults:
  undeclared_workflow: hold
  marking: {{required: true, channels: [metadata]}}
models:
  - {{id: {PREFERRED}, provider: a, failure_domain: a-1, status: approved}}
  - {{id: {SECOND}, provider: b, failure_domain: b-1, status: approved}}
  - {{id: {THIRD}, provider: c, failure_domain: c-1, status: approved}}
lanes:
  - {{id: hold-queue, kind: hold, max_wait: 4h, on_expiry: escalate}}
workflow_classes:
"""
_TRIGGERS = """\
    triggers:
      - {id: outage, type: provider_outage}
      - {id: throttled, type: provider_throttled}
"""


def _class(scenario: Scenario, n: int) -> str:
    is_flawed = n == 0
    is_payment = is_flawed and scenario.is_payment
    stage, risk, boundary = ("execution", "critical", "pause") if is_payment else ("drafting", "moderate", "degrade")
    order = scenario.order if is_flawed else (SECOND, THIRD)
    entries = "" if is_payment else "".join(_entry(model) for model in order)
    limit = scenario.latency_limit_s if is_flawed else 30.0
    return (
        f"  - id: class-{n:02d}\n    stage: {stage}\n    risk: {risk}\n    match: {{routes: [r{n}]}}\n"
        f"    preferred: [{PREFERRED}]\n    boundary: {boundary}\n    substitutes:\n{entries}"
        '      - {target: hold-queue, target_kind: hold, activation: automatic, triggers: ["*"]}\n'
        f"{_TRIGGERS}      - {{id: latency, type: latency_breach, when: {{metric: total_p95, gt: {limit:g}s, "
        "window: 10m, min_requests: 20}}\n"
        f"    cooldown: {{duration: {scenario.cooldown_s if is_flawed else 60}s}}\n"
    )


def _entry(model: str) -> str:
    return (
        f'      - {{target: {model}, target_kind: model, activation: automatic, approved_by: "role:model-risk", '
        f'approved_at: 2026-05-01, evidence: "eval:{model}", triggers: ["*"]}}\n'
    )
