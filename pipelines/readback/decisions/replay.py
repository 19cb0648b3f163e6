"""A candidate policy over the logged requests: what would have differed, with bounds where the log cannot say.

A request for which candidate and policy in force ask for the same stands as it was logged, so the policy in force
replays to history. What a class asks for, `models/decisions/replay_plans.sql` says; what a difference means,
`replay_differences.sql`. Assumed: other callers, the providers and the load behave as they did (no interference).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from readback import store
from readback.contracts.vocabulary import PolicyStatus
from readback.decisions.departures import answers_anew, departures
from readback.decisions.unread import unread
from readback.decisions.untold import Untold, added
from readback.decisions.windows import KeptOff
from readback.errors import PolicyError
from readback.policy.judging import in_force_since, judged_by
from readback.policy.version import Policy
from readback.stretches import Range

MEASURES = ("fallbacks", "holds", "failures")
"""Counts of requests whose change a replay bounds, beside waiting time and cost."""

_KEPT = pa.schema({"request_id": pa.string(), "cause": pa.string(), "is_certain": pa.bool_()})
_DOUBTS = pa.schema({"request_id": pa.string(), "is_set_aside": pa.bool_()})

_COSTS = """
    create or replace temp table model_costs as
    select workflow, served_model as model, avg(cost_usd) as mean_cost_usd from main.requests
    where started_at >= $from_at and started_at < $to_at and cost_usd is not null and served_model is not null
        and first_cause is distinct from 'low_confidence'
    group by workflow, served_model
"""
"""What an answer costs; one that was set aside was paid for beside the one that took its place."""

_SUMS = """
    select workflow_class, count(*), sum(fallbacks_low), sum(fallbacks_high), sum(holds_low), sum(holds_high),
        sum(failures_low), sum(failures_high), sum(wait_low_s), sum(coalesce(wait_high_s, 0)),
        count(*) filter (where wait_high_s is null), coalesce(sum(cost_usd), 0),
        count(*) filter (where cost_usd is null)
    from replay_differences group by workflow_class order by workflow_class
"""
_LOGGED = """
    select count(*), count(*) filter (where is_fallback), count(*) filter (where served_by in ('hold', 'manual')),
        count(*) filter (where served_by = 'nobody')
    from main.requests where started_at >= $from_at and started_at < $to_at
"""


@dataclass(frozen=True)
class ClassChange:
    """What a candidate changes in one class: candidate minus log, lowest and highest that the log leaves open.

    `wait_*_s` is time spent waiting for the preferred model; `unknown_wait_count` and `unknown_cost_count` are the
    requests of which no log tells what they would have waited for, or cost.
    """

    workflow_class: str
    requests: int
    fallbacks_low: int
    fallbacks_high: int
    holds_low: int
    holds_high: int
    failures_low: int
    failures_high: int
    wait_low_s: float
    wait_high_s: float
    unknown_wait_count: int
    cost_usd: float
    unknown_cost_count: int

    @property
    def is_exact(self) -> bool:
        """The log leaves nothing open of the counts: class R, otherwise B."""
        return all(getattr(self, f"{name}_low") == getattr(self, f"{name}_high") for name in MEASURES)


@dataclass(frozen=True)
class VerdictChange:
    """Requests of a class whose verdict differs under the candidate; None: that policy has no say on them."""

    workflow_class: str
    verdict_before: str | None
    verdict_after: str | None
    request_count: int
    reasons_after: list[str]
    example_request_id: str


@dataclass(frozen=True)
class Replay:
    """The whole comparison; the four counts are of the log.

    `untold`: what it newly watches and calls do not tell. `unread`: where it differs in what no replay reads.
    """

    candidate: str
    in_force: str
    from_at: datetime
    to_at: datetime
    request_count: int
    fallback_count: int
    hold_count: int
    failure_count: int
    changes: tuple[ClassChange, ...] = field(default=())
    verdicts: tuple[VerdictChange, ...] = field(default=())
    untold: tuple[Untold, ...] = field(default=())
    unread: tuple[str, ...] = field(default=())

    @property
    def is_history(self) -> bool:
        """Nothing would have differed."""
        return not self.changes and not self.verdicts


def replay(
    con: store.Connection,
    policies: Sequence[Policy],
    candidate: Policy,
    as_of: datetime,
    *,
    since: datetime | None = None,
) -> Replay:
    """Run the requests since the version in force began through a candidate of the same policy.

    Raises:
        PolicyError: no version of that policy is in force, or it has not held for one whole day.
    """
    base = _in_force(policies, candidate, as_of)
    part = _stretch(con, base, as_of, since)
    scope = {"from_at": part[0], "to_at": part[1]}
    others = [policy for policy in policies if policy.metadata.policy_id != candidate.metadata.policy_id]
    tried = in_force_since(candidate, part[0])
    try:
        con.execute(_COSTS, scope)
        before = departures(con, base, scope)
        _plan(con, "plans_before", before.history(), [], part)
        with judged_by(con, [*others, tried], part):
            after = departures(con, tried, scope, before)
            _plan(con, "plans_after", after.surely(), answers_anew(after, before), part)
            verdicts = _verdicts(con, scope)
        store.temp_table(con, "replay_differences", "decisions/replay_differences")
        changes = tuple(ClassChange(*row) for row in con.execute(_SUMS).fetchall())
        ((requests, fallbacks, holds, failures),) = con.execute(_LOGGED, scope).fetchall()
    finally:
        for table in ("cooling", "doubts", "plans_before", "plans_after", "model_costs"):
            con.execute(f"drop table if exists temp.{table}")
    logged = (requests, fallbacks, holds, failures)
    return Replay(
        candidate.label, base.label, *part, *logged, changes, verdicts, added(after.untold), unread(base, candidate)
    )


def differences(con: store.Connection) -> list[dict[str, Any]]:
    """The requests behind the latest replay of this connection, the oldest first."""
    found = con.execute("from replay_differences")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _in_force(policies: Iterable[Policy], candidate: Policy, as_of: datetime) -> Policy:
    wanted, policies = candidate.metadata.policy_id, list(policies)
    found = [policy for policy in policies if policy.metadata.policy_id == wanted and _holds(policy, as_of)]
    if not found:
        others = sorted({repr(policy.metadata.policy_id) for policy in policies if _holds(policy, as_of)})
        told = f"no version of {wanted!r} is in force at {as_of:%Y-%m-%d}; in force: {', '.join(others) or 'none'}"
        raise PolicyError(told, file=candidate.file, key="metadata.policy_id")
    return max(found, key=lambda policy: policy.metadata.version)


def _holds(policy: Policy, as_of: datetime) -> bool:
    metadata = policy.metadata
    is_open = metadata.effective_to is None or as_of < metadata.effective_to
    return metadata.status is PolicyStatus.ACTIVE and metadata.effective_from <= as_of and is_open


def _stretch(con: store.Connection, base: Policy, as_of: datetime, since: datetime | None) -> Range:
    """Whole days, since costs are held against the mean of a day, on all of which the version held."""
    ((first, last),) = con.execute("select min(started_at), max(started_at) from main.requests").fetchall()
    begin = max(moment for moment in (first, base.metadata.effective_from, since) if moment is not None)
    start = begin if begin == _midnight(begin) else _midnight(begin) + timedelta(days=1)
    if begin == first:
        start = _midnight(begin) if base.metadata.effective_from <= _midnight(begin) else start
    end = _midnight(min(last or as_of, as_of)) + timedelta(days=1)
    if first is None or start >= end:
        begun = f" since {since:%Y-%m-%d}" if since is not None else ""
        told = f"{base.label} has not held for one whole day of logged requests{begun}, so there is nothing to replay"
        raise PolicyError(told, file=base.file)
    return start, end


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _plan(
    con: store.Connection, table: str, kept: Sequence[KeptOff], doubts: Sequence[tuple[str, bool | None]], part: Range
) -> None:
    _put(con, "cooling", _KEPT, [each[:3] for each in kept])
    _put(con, "doubts", _DOUBTS, doubts)
    store.temp_table(con, table, "decisions/replay_plans", {"from_at": part[0], "to_at": part[1]})


def _put(con: store.Connection, table: str, schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> None:
    cells = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(schema.types)]
    con.register("put_rows", pa.table(cells, schema=schema))
    con.execute(f"create or replace temp table {table} as from put_rows")
    con.unregister("put_rows")


def _verdicts(con: store.Connection, scope: dict[str, Any]) -> tuple[VerdictChange, ...]:
    relation = store.query(con, store.model("decisions/replay_verdicts"), scope)
    return tuple(VerdictChange(*row) for row in relation.fetchall())
