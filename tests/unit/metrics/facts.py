"""Facts in a few words: the rows that the metrics read, the steps that read them, and the figure that comes out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from readback import aftermath, metrics, store, stretches
from readback.settings import Settings

START = datetime(2026, 10, 1, tzinfo=UTC)
AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
ALL = (START - timedelta(days=45), AS_OF + timedelta(days=1))
KINDS = ["rework", "review_decision", "downstream_error"]

Row = dict[str, Any]


def settings(**sections: Any) -> Settings:
    watched = [{"source": "desk", "kinds": KINDS, "from": START - timedelta(days=30)}]
    return Settings.model_validate({"coverage": watched, "metrics": {"minimum_n": 5}} | sections)


def insert(con: store.Connection, table: str, *rows: Row) -> None:
    con.register("given", pl.DataFrame(list(rows), infer_schema_length=None).to_arrow())
    con.execute(f"insert into {table} by name select * from given")
    con.unregister("given")


def add_request(con: store.Connection, number: int, at: datetime, **given: Any) -> None:
    insert(con, "requests", request_row(number, at, **given))


def request_row(number: int, at: datetime, **given: Any) -> Row:
    return {
        "request_id": f"a:{number}",
        "run_id": f"r{number}",
        "source": "litellm",
        "workflow": "w",
        "workflow_class": "k",
        "team": "t",
        "started_at": at,
        "ended_at": at + timedelta(seconds=5),
        "duration_ms": 5000.0,
        "preferred_model": "m",
        "served_model": "m",
        "served_provider": "p",
        "served_by": "preferred",
        "is_fallback": False,
        "attempt_count": 1,
        "chain": ["m"],
        "is_partial": False,
        "weight": 1.0,
    } | given


def add_attempt(con: store.Connection, number: int, at: datetime, **given: Any) -> None:
    """An attempt of the request of that number, answered within a second."""
    told = {"attempt_id": f"t{number}", "request_id": f"a:{number}", "started_at": at, "status": "ok", "weight": 1.0,
            "model_requested": "m", "duration_ms": 1000.0}  # fmt: skip
    insert(con, "attempts", told | given)


def add_fallback(con: store.Connection, number: int, at: datetime, **given: Any) -> None:
    request, event = fallback_rows(number, at, **given)
    insert(con, "requests", request)
    insert(con, "fallback_events", event)


def fallback_rows(number: int, at: datetime, **given: Any) -> tuple[Row, Row]:
    """A request that a substitute answered, and its event."""
    told = {
        "cause": "provider_outage",
        "verdict": "in_policy",
        "is_silent": False,
        "added_cost_usd": 0.5,
        "episode_id": None,
    }
    event = {name: given.pop(name, usual) for name, usual in told.items()}
    served = {"is_fallback": True, "served_by": "substitute", "served_model": "s", "added_latency_ms": 800.0}
    row = {
        "fallback_id": f"f{number}",
        "request_id": f"a:{number}",
        "run_id": given.get("run_id", f"r{number}"),
        "occurred_at": at,
        "served_by": "substitute",
        "cause_basis": "error_code",
        "chain": ["m", "s"],
        "detection": "attempt_chain",
        "verdict_reasons": [],
        "verdict_rules": ["workflow_classes[0].substitutes[0]"],
        "decision_id": f"d{number}",
    }
    return request_row(number, at, **(served | given)), row | event


def add_outcome(con: store.Connection, number: int, kind: str, at: datetime, **given: Any) -> None:
    insert(con, "outcomes", outcome_row(number, kind, at, **given))


def outcome_row(number: int, kind: str, at: datetime, **given: Any) -> Row:
    return {
        "outcome_id": f"o{number}",
        "kind": kind,
        "source_system": "desk",
        "source_record_id": str(number),
        "revision": 0,
        "retracted": False,
        "occurred_at": at,
        "time_quality": "exact",
        "file_id": "f",
        "line": 1,
        "actor_kind": "human",
    } | given


def add_episode(con: store.Connection, number: int, at: datetime, duration_s: float, **given: Any) -> None:
    is_recovered = given.get("state", "recovered") == "recovered"
    row: Row = {
        "episode_id": f"e{number}",
        "workflow": "w",
        "workflow_class": "k",
        "team": "t",
        "preferred_model": "m",
        "cause_family": "provider",
        "cause": "provider_outage",
        "provider": "p",
        "opened_at": at,
        "recovered_at": at + timedelta(seconds=duration_s) if is_recovered else None,
        "last_seen_at": at + timedelta(seconds=duration_s),
        "state": "recovered",
        "duration_s": duration_s,
        "is_recovered": is_recovered,
        "request_count": 3,
        "fallback_count": 2,
        "failed_count": 0,
        "flap_count": 0,
        "substitutes": ["s"],
        "rule_version": "1",
    } | given
    insert(con, "episodes", row)


def refresh(con: store.Connection, chosen: Settings, *dirty: stretches.Range, as_of: datetime = AS_OF) -> None:
    """The aftermath and the metrics, as the pipeline runs them."""
    con.execute("create table if not exists cause_families (cause varchar, family varchar)")
    aftermath.build_aftermath(con, chosen, dirty, as_of)
    metrics.refresh(con, chosen, as_of, dirty)


def figure(con: store.Connection, metric: str, **where: Any) -> dict[str, Any]:
    """The one row of `metric_values` that the words name; dimension, grain and lane are all unless they say more."""
    named = {"metric": metric, "grain": "all", "dimension": "all", "lane": "all"} | where
    told = " and ".join(f"{name} = ${name}" for name in named)
    found = con.sql(f"select * from metric_values where {told}", params=named)
    names = found.columns
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))
