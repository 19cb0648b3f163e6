"""Runs whose outcomes arrive late, of every kind and in every way: new, taken back, and tied to their run only then."""

import random
from datetime import timedelta
from typing import Any, NamedTuple

import polars as pl
from unit.metrics.facts import AS_OF, Row, fallback_rows, insert, outcome_row, request_row

from readback import store

WINDOWS = {"rework": 14, "downstream_error": 30, "review_decision": 7, "all_clear": 10}
"""Days after the output in which an outcome of each kind is drawn: inside every window in force."""

KEY = ["metric", "grain", "period_start", "dimension", "member", "lane"]
MARKS = ["is_maturing", "as_of"]


class Told(NamedTuple):
    """Outcomes by when they are read: in time for the first figures, and after them."""

    early: list[Row]
    late: list[Row]


def fill(con: store.Connection, seed: int, late_days: int, runs: int = 260) -> list[Row]:
    """Requests of eleven weeks and the outcomes that were read in time; those that arrive late are returned.

    Late are outcomes that occurred in the last `late_days` before AS_OF, and nothing else.
    """
    chance, told = random.Random(seed), Told([], [])
    requests, events = list[Row](), list[Row]()
    for number in range(runs):
        at = AS_OF - timedelta(days=75 * chance.random())
        request, event = _request(chance, number, at)
        requests.append(request)
        events += [event] if event else []
        for kind, days in WINDOWS.items():
            occurred_at = at + timedelta(seconds=6, days=days * chance.random())
            if chance.random() < 0.5 and occurred_at <= AS_OF:
                is_recent = occurred_at > AS_OF - timedelta(days=late_days)
                row = _outcome(chance, len(told.early) + len(told.late), kind, occurred_at) | {"run_id": f"r{number}"}
                _deliver(told, row, chance.choice(("new", "retracted", "linked", "")) if is_recent else "")
    insert(con, "requests", *_even(requests))
    insert(con, "fallback_events", *events)
    insert(con, "outcomes", *_even(told.early))
    return _even(told.late)


def changed(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Figures of the first publication that read otherwise in the second, in any column but the mark."""
    compared = [name for name in first.columns if name not in {*KEY, *MARKS}]
    both = first.join(second, on=KEY, how="left", suffix="_now")
    differs = pl.any_horizontal(_differs(name, first.schema[name]) for name in compared)
    return both.filter(differs)


def _request(chance: random.Random, number: int, at: Any) -> tuple[Row, Row | None]:
    workflow = chance.choice(("v", "w", "x", None))
    given = {"workflow": workflow, "workflow_class": "k" if workflow == "v" else None, "team": chance.choice("tu")}
    if chance.random() < 0.3:
        return fallback_rows(number, at, episode_id=chance.choice((None, "e1", "e2")), **given)
    served_by = chance.choice([*["preferred"] * 8, "nobody", "hold"])
    return request_row(number, at, served_by=served_by, **given), None


def _outcome(chance: random.Random, number: int, kind: str, at: Any) -> Row:
    cost = 5.0 if kind == "downstream_error" and chance.random() < 0.5 else None
    decision = chance.choice(("approved", "rejected", "approved_with_edits")) if kind == "review_decision" else None
    return outcome_row(2 * number, kind, at, decision=decision, cost_amount=cost, cost_currency="USD" if cost else None)


def _deliver(told: Told, row: Row, how: str) -> None:
    """A late outcome is new, or the late revision takes back or ties what was there."""
    later = row | {"outcome_id": f"{row['outcome_id']}/1", "revision": 1}
    if how == "new":
        told.late.append(row)
    elif how == "retracted":
        told.early.append(row)
        told.late.append(later | {"retracted": True})
    elif how == "linked":
        told.early.append(row | {"run_id": None, "session_id": "of nobody"})
        told.late.append(later)
    else:
        told.early.append(row)


def _differs(name: str, kind: pl.DataType) -> pl.Expr:
    now, before = pl.col(f"{name}_now"), pl.col(name)
    if not kind.is_float():
        return now.ne_missing(before)
    return now.is_null().ne_missing(before.is_null()) | ((now - before).abs() > 1e-9).fill_null(False)


def _even(rows: list[Row]) -> list[Row]:
    names = sorted({name for row in rows for name in row})
    return [{name: row.get(name) for name in names} for row in rows]
