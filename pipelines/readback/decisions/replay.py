"""A candidate policy over the logged requests: what would have differed, with bounds where the log cannot say.

A request for which candidate and policy in force ask for the same stands as it was logged, so the policy in force
replays to history. What a class asks for, `models/decisions/replay_plans.sql` says; what a difference means,
`replay_differences.sql`. Assumed: other callers, the providers and the load behave as they did (no interference).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from readback import store
from readback.contracts.vocabulary import PolicyStatus
from readback.decisions.cooling import Call, Rule, cooled
from readback.decisions.windows import Asked, KeptOff, WindowRule, kept_off
from readback.errors import PolicyError
from readback.policy.document import Trigger
from readback.policy.fields import LatencyMetric
from readback.policy.judging import in_force_since, judged_by
from readback.policy.triggers import RULES
from readback.policy.version import Policy
from readback.stretches import Range

MEASURES = ("fallbacks", "holds", "failures")
"""Counts of requests whose change a replay bounds, beside waiting time and cost."""

_CALLS = """
    select workflow_class, preferred_model, request_id, started_at,
        coalesce(list_contains(chain, preferred_model), false) and detection is distinct from 'preemptive',
        case when is_fallback or served_by = 'nobody' or retry_count > 0 then first_cause end,
        case when served_by = 'preferred' and first_cause is null then duration_ms
            when first_cause = 'latency_breach' then added_latency_ms end / 1000.0,
        coalesce(first_cause = 'latency_breach', false)
    from requests
    where policy_id = $policy_id and policy_version = $version and workflow_class is not null
        and started_at >= $from_at and started_at < $to_at
    order by workflow_class, preferred_model, started_at, request_id
"""
_COUNTED = frozenset({"provider_throttled", "provider_outage", "latency_breach"})
"""Failures that say something of the model's health, not of the request."""

_COSTS = """
    create or replace temp table model_costs as
    select workflow, served_model as model, avg(cost_usd) as mean_cost_usd from main.requests
    where started_at >= $from_at and started_at < $to_at and cost_usd is not null and served_model is not null
    group by workflow, served_model
"""
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
    """The whole comparison; the four counts are of the log."""

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
        before = _kept_off(con, base, scope)
        _plan(con, "plans_before", [each for each in before.off.values() if each.request_id not in before.tried], part)
        with judged_by(con, [*others, tried], part):
            after = _kept_off(con, tried, scope)
            ignored = before.off.keys() & before.tried
            _plan(con, "plans_after", [each for each in after.off.values() if each.request_id not in ignored], part)
            verdicts = _verdicts(con, scope)
        store.temp_table(con, "replay_differences", "decisions/replay_differences")
        changes = tuple(ClassChange(*row) for row in con.execute(_SUMS).fetchall())
        ((requests, fallbacks, holds, failures),) = con.execute(_LOGGED, scope).fetchall()
    finally:
        for table in ("cooling", "plans_before", "plans_after", "model_costs"):
            con.execute(f"drop table if exists temp.{table}")
    return Replay(candidate.label, base.label, *part, requests, fallbacks, holds, failures, changes, verdicts)


def differences(con: store.Connection) -> list[dict[str, Any]]:
    """The requests behind the latest replay of this connection, the oldest first."""
    found = con.execute("from replay_differences")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _in_force(policies: Iterable[Policy], candidate: Policy, as_of: datetime) -> Policy:
    wanted = candidate.metadata.policy_id
    found = [policy for policy in policies if policy.metadata.policy_id == wanted and _holds(policy, as_of)]
    if not found:
        told = f"no version of {wanted!r} is in force at {as_of:%Y-%m-%d}; a replay compares with the one in force"
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
        told = f"{base.label} has not held for one whole day of logged requests, so there is nothing to replay"
        raise PolicyError(told, file=base.file)
    return start, end


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _plan(con: store.Connection, table: str, kept: Sequence[KeptOff], part: Range) -> None:
    con.execute("create or replace temp table cooling (request_id varchar, cause varchar, is_certain boolean)")
    if kept:
        con.executemany("insert into cooling values (?, ?, ?)", list(kept))
    store.temp_table(con, table, "decisions/replay_plans", {"from_at": part[0], "to_at": part[1]})


class _Off(NamedTuple):
    """What a policy keeps off by cooldown or window, and the requests that the log shows to have been made.

    Where the policy in force keeps one off that was made, the gateway did not follow it, and would not again.
    """

    off: dict[str, KeptOff]
    tried: frozenset[str]


def _kept_off(con: store.Connection, policy: Policy, scope: dict[str, Any]) -> _Off:
    cooldowns, windows = _cooldowns(policy), _windows(policy)
    if not cooldowns and not windows:
        return _Off({}, frozenset())
    which = {"policy_id": policy.metadata.policy_id, "version": policy.metadata.version}
    rows = con.execute(_CALLS, scope | which).fetchall()
    off: dict[str, KeptOff] = {}
    for (class_id, _), calls in groupby(rows, key=lambda row: (row[0], row[1])):
        for each in _off(list(calls), cooldowns.get(class_id), windows.get(class_id, [])):
            if each.request_id not in off or each.is_certain:
                off[each.request_id] = each
    return _Off(off, frozenset(row[2] for row in rows if row[4]))


def _off(calls: Sequence[tuple[Any, ...]], rule: Rule | None, windows: Sequence[WindowRule]) -> Iterator[KeptOff]:
    """What the cooldown and the windows of a class keep off the preferred model."""
    if rule is not None:
        counted = (Call(row[2], row[3], row[4], row[5] if row[5] in _COUNTED else None) for row in calls)
        yield from (KeptOff(request_id, cause, True) for request_id, cause in cooled(counted, rule))
    if windows:
        yield from kept_off((Asked(*row[2:8]) for row in calls), windows)


def _cooldowns(policy: Policy) -> dict[str, Rule]:
    return {
        each.id: Rule(each.cooldown.duration, each.cooldown.failures, each.cooldown.window)
        for each in policy.classes
        if each.cooldown is not None
    }


def _windows(policy: Policy) -> dict[str, list[WindowRule]]:
    """The triggers of each class that a log of requests can show: shares of a cause, the time of the whole answer."""
    found = {each.id: [rule for trigger in each.triggers for rule in _window(trigger)] for each in policy.classes}
    return {class_id: rules for class_id, rules in found.items() if rules}


def _window(trigger: Trigger) -> Iterator[WindowRule]:
    when, cause = trigger.when, RULES[trigger.type].cause
    if cause is None or when.window is None or when.min_requests is None:
        return
    if when.share_gte is not None:
        yield WindowRule(cause.value, when.window, when.min_requests, share_gte=when.share_gte)
    elif when.metric is LatencyMetric.TOTAL_P95 and when.gt is not None:
        yield WindowRule(cause.value, when.window, when.min_requests, gt_s=when.gt)


def _verdicts(con: store.Connection, scope: dict[str, Any]) -> tuple[VerdictChange, ...]:
    relation = store.query(con, store.model("decisions/replay_verdicts"), scope)
    return tuple(VerdictChange(*row) for row in relation.fetchall())
