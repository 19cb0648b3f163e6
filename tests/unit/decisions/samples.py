"""Rows for the tests of decisions: one plausible row of each kind, of which a test says only what differs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from readback import store
from readback.contracts import (
    Alert,
    Episode,
    FallbackEvent,
    MetricEffect,
    PolicyClass,
    PolicySubstitute,
    PolicyVersion,
    Request,
    Row,
    RunStatus,
    columns,
)
from readback.contracts.ddl import create_table
from readback.decisions.burn_rules import BurnWindow
from readback.decisions.chronic_rules import WorkflowUse
from readback.decisions.effects import Effect
from readback.decisions.episode_rules import OpenEpisode, ToleratedEpisode
from readback.decisions.silent_rules import SilentDay
from readback.decisions.substitute_rules import ListedUse, SubstituteUse
from readback.metrics.marts import create_marts

AS_OF = datetime(2026, 10, 31, 12, tzinfo=UTC)
DAY = datetime(2026, 10, 30, tzinfo=UTC)

_DEFAULTS: dict[type[Row], dict[str, Any]] = {
    FallbackEvent: {
        "fallback_id": "f1", "request_id": "litellm:1", "run_id": "r1", "occurred_at": DAY, "workflow": "payment",
        "workflow_class": "pay", "preferred_model": "large-1", "served_model": "small-1", "served_by": "substitute",
        "cause": "provider_outage", "cause_basis": "http_status", "chain": ["large-1", "small-1"], "hop_count": 1,
        "detection": "attempt_chain", "policy_id": "claims", "policy_version": 1, "verdict": "out_of_policy",
        "verdict_reasons": ["unapproved_substitute"], "verdict_rules": ["workflow_classes[0].substitutes"],
        "decision_id": "d1", "is_silent": True,
    },
    Request: {
        "request_id": "litellm:1", "run_id": "r1", "source": "litellm", "workflow": "payment", "workflow_class": "pay",
        "started_at": DAY, "preferred_model": "large-1", "served_model": "large-1", "served_by": "preferred",
        "attempt_count": 1, "is_fallback": False, "chain": ["large-1"], "other_sources": [],
        "is_partial": False, "weight": 1.0,
        "policy_id": "claims", "policy_version": 1,
    },
    PolicyVersion: {
        "policy_id": "claims", "version": 1, "status": "active", "digest": "sha256:1",
        "effective_from": datetime(2026, 1, 1, tzinfo=UTC), "undeclared_workflow": "hold", "source_kind": "native",
    },
    PolicyClass: {
        "policy_id": "claims", "version": 1, "class_id": "pay", "stage": "execution", "risk": "critical",
        "boundary": "pause", "preferred_models": ["large-1"], "triggers": [], "stop_conditions": [],
        "is_marking_required": True, "rto_s": 1800.0, "path": "workflow_classes[0]",
    },
    PolicySubstitute: {
        "policy_id": "claims", "version": 1, "class_id": "pay", "position": 1, "target": "large-2",
        "target_kind": "model", "activation": "automatic", "triggers": ["provider_outage"], "is_target_denied": False,
        "path": "workflow_classes[0].substitutes[0]",
    },
    Episode: {
        "episode_id": "e1", "workflow": "payment", "workflow_class": "pay", "preferred_model": "large-1",
        "cause_family": "provider", "cause": "provider_outage", "opened_at": AS_OF - timedelta(hours=1),
        "last_seen_at": AS_OF, "state": "open", "duration_s": 3600.0, "is_recovered": False, "request_count": 9,
        "fallback_count": 8, "failed_count": 0, "flap_count": 0, "substitutes": ["small-1"], "rule_version": "1",
    },
    MetricEffect: {
        "unit": "fraction",
        "metric": "rework_rate", "dimension": "workflow", "member": "payment", "estimate": 0.021, "low": 0.009,
        "high": 0.034, "crude_estimate": 0.05, "strata": 9, "episodes": 41, "n_fallback": 312, "n_preferred": 9000,
        "effective_episodes": 28.0,
        "events_fallback": 40, "events_preferred": 500, "overlap": 0.9, "e_value": 1.7, "status": "ok", "as_of": AS_OF,
    },
    RunStatus: {
        "run_id": "r1", "metric": "rework", "status": "event", "is_mature": True, "started_at": DAY, "window_s": 1.0,
        "workflow": "payment", "lane": "fallback", "weight": 1.0,
    },
}  # fmt: skip


def alert(**given: Any) -> Alert:
    """An open page about one workflow, with one model behind it."""
    base: dict[str, Any] = {
        "alert_id": "a1", "rule": "budget_burn", "rule_version": 1, "tier": "page", "state": "open",
        "workflow": "payment", "metric": "fallback_frequency", "title": "payment burns", "detail": "Much.",
        "evidence": "{}", "evidence_sql": "select 1", "started_at": AS_OF, "fired_at": AS_OF, "resolved_at": None,
        "acknowledged_by": None, "as_of": AS_OF, "workflow_class": "pay", "shared_cause": "large-1",
    }  # fmt: skip
    return Alert(**(base | given))


def burn(**given: Any) -> BurnWindow:
    """A row of `burn_windows`: an hour in which a fifth of the requests left their preferred model."""
    base: dict[str, Any] = {
        "workflow": "payment", "workflow_class": "pay", "indicator": "served_by_preferred", "window_s": 3600,
        "request_count": 1000, "bad_count": 200, "run_squares": 1000, "preferred_model": "large-1",
        "first_bad_at": AS_OF - timedelta(minutes=50), "last_bad_at": AS_OF, "ends_at": AS_OF, "objective": 0.99,
    }  # fmt: skip
    return BurnWindow(**(base | given))


@dataclass(frozen=True)
class OutcomeWeek:
    """A row of the model `outcome_weeks`."""

    metric: str
    workflow: str
    week_at: datetime
    ends_at: datetime
    n: float
    x: float
    n2: float
    n3: float
    x2: float
    xn: float
    cluster_count: float
    maturity: float | None
    episode_share: float | None
    preferred_model: str | None
    rebased_at: datetime | None
    baseline_weeks: int
    is_maturing: bool = False
    peak_n: float | None = None
    peak_x: float | None = None
    off_n: float | None = None
    off_x: float | None = None
    weekend_n: float | None = None
    weekend_x: float | None = None
    holidays: str | None = None


def frame_of(rows: Sequence[OutcomeWeek]) -> pl.DataFrame:
    """The rows as the product reads them."""
    names = [field.name for field in fields(OutcomeWeek)]
    kinds: dict[str, Any] = dict.fromkeys(("week_at", "ends_at", "rebased_at"), pl.Datetime("us", "UTC"))
    kinds |= dict.fromkeys([*names[4:13], *names[16:22]], pl.Float64) | {"holidays": pl.String}
    return pl.DataFrame([asdict(row) for row in rows], schema=names, schema_overrides=kinds)


def outcome_weeks(rates: Sequence[float], runs: float = 500, **given: Any) -> list[OutcomeWeek]:
    """Rows of `outcome_weeks`: the last of them ends at the Monday before the watermark; every run its own cluster."""
    start = datetime(2026, 10, 26, tzinfo=UTC) - timedelta(days=7 * len(rates))
    base: dict[str, Any] = {
        "metric": "rework_rate", "workflow": "payment", "maturity": 1.0, "episode_share": None,
        "preferred_model": "large-1", "rebased_at": None, "baseline_weeks": 12,
    }  # fmt: skip
    found = []
    for number, rate in enumerate(rates):
        week_at, x = start + timedelta(days=7 * number), round(rate * runs)
        sums = {"n": runs, "x": x, "n2": runs, "n3": runs, "x2": x, "xn": x, "cluster_count": runs}
        found.append(
            OutcomeWeek(**(base | sums | {"week_at": week_at, "ends_at": week_at + timedelta(days=7)} | given))
        )
    return found


def tables() -> store.Connection:
    """An empty warehouse in memory; `run_status` is a table here, for it is only read."""
    con = store.memory()
    store.create_tables(con)
    con.execute(create_table(RunStatus))
    create_marts(con)
    con.execute("create table cause_families as select 'provider_outage' as cause, 'provider' as family")
    return con


def row(kind: type[Row], **given: Any) -> Row:
    """A plausible row of a contract with some fields as given."""
    return kind(**(dict.fromkeys(column.name for column in columns(kind)) | _DEFAULTS[kind] | given))


def put(con: store.Connection, kind: type[Row], **given: Any) -> None:
    """Insert one such row."""
    store.insert_rows(con, kind, [row(kind, **given)])


def put_policy(con: store.Connection, **given: Any) -> None:
    """A version in force with one class."""
    put(con, PolicyVersion)
    put(con, PolicyClass, **given)


def put_requests(con: store.Connection, count: int, **given: Any) -> None:
    """Requests with ids of their own, one second apart."""
    start = given.pop("started_at", DAY)
    name = given.pop("request_id", "litellm:n")
    store.insert_rows(
        con, Request,
        [row(Request, request_id=f"{name}{n}", started_at=start + timedelta(seconds=n), **given) for n in range(count)],
    )  # fmt: skip


def silent_day(**given: Any) -> SilentDay:
    """A row of `silent_downgrades`."""
    base: dict[str, Any] = {
        "workflow": "payment",
        "workflow_class": "pay",
        "risk": "critical",
        "day_at": DAY,
        "request_count": 1,
        "first_at": DAY,
        "last_at": DAY,
        "first_request_id": "litellm:1",
        "last_request_id": "litellm:1",
        "served_models": ["small-1"],
        "reasons": ["unapproved_substitute"],
        "policy_id": "claims",
        "policy_version": 1,
        "policy_path": "workflow_classes[0]",
    }  # fmt: skip
    return SilentDay(**(base | given))


def open_episode(**given: Any) -> OpenEpisode:
    """A row of `recovery_objectives`."""
    base: dict[str, Any] = {
        "episode_id": "e1",
        "workflow": "payment",
        "workflow_class": "pay",
        "preferred_model": "large-1",
        "cause": "provider_outage",
        "opened_at": AS_OF - timedelta(hours=1),
        "last_seen_at": AS_OF,
        "duration_s": 3600.0,
        "fallback_count": 8,
        "failed_count": 0,
        "substitutes": [],
        "incident_id": None,
        "rto_s": 1800.0,
        "policy_id": "claims",
        "policy_version": 1,
        "policy_path": "workflow_classes[0]",
    }  # fmt: skip
    return OpenEpisode(**(base | given))


def tolerated(**given: Any) -> ToleratedEpisode:
    """A row of `impact_tolerances`: a day can be borne."""
    left_out = ("substitutes", "incident_id", "rto_s")
    base = {name: value for name, value in vars(open_episode()).items() if name not in left_out}
    return ToleratedEpisode(**(base | {"impact_tolerance_s": 86400.0} | given))


def effect(**given: Any) -> Effect:
    """A row of `outcome_effects`: rework of a workflow is worse on the substitute."""
    base = {name: value for name, value in _DEFAULTS[MetricEffect].items() if name in Effect.__dataclass_fields__}
    return Effect(**(base | {"warning": None, "first_at": DAY, "last_at": DAY, "main_substitute": None} | given))


def use(**given: Any) -> SubstituteUse:
    """A row of `substitutes_in_use`: unlisted, on a class that may degrade."""
    base: dict[str, Any] = {
        "policy_id": "claims",
        "workflow_class": "letter",
        "served_model": "small-1",
        "request_count": 35,
        "silent_count": 35,
        "day_count": 4,
        "episode_count": 3,
        "first_at": DAY,
        "last_at": DAY,
        "first_request_id": "litellm:1",
        "workflows": ["letters"],
        "causes": ["provider_outage"],
        "reasons": ["unapproved_substitute"],
        "class_request_count": 1000,
        "n2": 1000.0,
        "n3": 1000.0,
        "x2": 35.0,
        "xn": 35.0,
        "policy_version": 1,
        "risk": "moderate",
        "boundary": "degrade",
        "preferred_models": ["large-1"],
        "class_path": "workflow_classes[0]",
        "substitute_path": None,
        "expires_at": None,
        "is_target_denied": False,
    }  # fmt: skip
    return SubstituteUse(**(base | given))


def listed(**given: Any) -> ListedUse:
    """A row of `listed_substitutes`."""
    base: dict[str, Any] = {
        "policy_id": "claims",
        "policy_version": 1,
        "workflow_class": "letter",
        "target": "prov-b/large-2",
        "activation": "automatic",
        "expires_at": None,
        "substitute_path": "workflow_classes[0].substitutes[0]",
        "risk": "moderate",
        "boundary": "degrade",
        "workflow": "letters",
        "request_count": 300,
        "workflow_share": 1.0,
    }  # fmt: skip
    return ListedUse(**(base | given))


def chronic(**given: Any) -> WorkflowUse:
    """A row of `chronic_fallbacks`: 30% fallback in hours of one request each, twice what its company shows."""
    n, x = given.get("request_count", 1000), given.get("fallback_count", 300)
    base: dict[str, Any] = {
        "workflow": "letters",
        "request_count": n,
        "fallback_count": x,
        "n2": float(n),
        "n3": float(n),
        "x2": float(x),
        "xn": float(x),
        "day_count": 10,
        "episode_count": 12,
        "expected_count": 100.0,
        "comparable_count": 300,
        "family": "provider",
        "family_count": x,
        "preferred_model": "large-1",
        "served_model": "small-1",
        "served_count": x,
        "policy_id": "claims",
        "workflow_class": "letter",
        "policy_version": 1,
        "risk": "moderate",
        "class_path": "workflow_classes[0]",
    }  # fmt: skip
    return WorkflowUse(**(base | given))
