"""Recommendations about the cooldown of a class: how long a failing model is left alone. Pure.

A longer cooldown is replayed on the calls that were made; of a shorter one the log shows only which calls it would have
let through, not how they would have ended. Source: statistics.md §5.2.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import numpy as np

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.cooling import Call, Rule, cooled
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.stats import DEFAULT_ICC, ClusterSums, clustered_rate, clustered_ratio, interval_icc, wilson

DURATIONS_S = (15, 30, 60, 120, 300, 600, 900, 1800)
"""Cooldowns that are proposed, in seconds."""

REACH_S = 3600
"""Calls later than this after a failure are of no account to any of them."""

LEAST_AVOIDED = 30
LEAST_EPISODES = 3
LEAST_PER_INCIDENT = 4
"""Failed calls an incident, at the lower confidence limit, from which a cooldown does not leave the model alone.

An incident is an episode, or a failure that belongs to none.
"""

LEAST_RIGHT = 0.8
"""Of the calls that a longer cooldown keeps off, this share must have failed, at its lower confidence limit.

Calls of one incident fall together.
"""

LEAST_LET_THROUGH = 50
LONG_COOLDOWN_S = 1800
"""Only from here on a cooldown is so long that hardly anything asks whether the model is back."""


@dataclass(frozen=True)
class CooledCall:
    """A row of `cooled_calls`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    cooldown_s: float
    cooldown_failures: int | None
    cooldown_window_s: float | None
    class_path: str
    preferred_model: str
    request_id: str
    started_at: datetime
    added_latency_ms: float | None
    episode_id: str | None
    is_tried: bool
    cause: str | None


class Kept(NamedTuple):
    """What a cooldown keeps off the preferred model: calls that failed, and calls that were answered."""

    failed: frozenset[str]
    answered: frozenset[str]
    untried: frozenset[str]


def tune_cooldown(found: Iterable[CooledCall], as_of: datetime) -> Iterator[Recommendation]:
    """A longer cooldown where calls go on failing, a shorter one to try where it keeps the model off for long."""
    for _, group in groupby(found, key=lambda call: (call.policy_id, call.workflow_class)):
        calls = list(group)
        finding = _longer(calls, as_of) or _shorter(calls, as_of)
        if finding is not None:
            yield finding.recommended(as_of)


def kept(calls: Sequence[CooledCall], duration: float) -> Kept:
    """What a cooldown of some seconds would have kept off, of the calls that the log shows."""
    rule = Rule(duration, calls[0].cooldown_failures, calls[0].cooldown_window_s)
    off = {
        request_id
        for _, group in groupby(calls, key=lambda call: call.preferred_model)
        for request_id, _ in cooled((Call(c.request_id, c.started_at, c.is_tried, c.cause) for c in group), rule)
    }
    of = [call for call in calls if call.request_id in off]
    return Kept(
        frozenset(call.request_id for call in of if call.is_tried and call.cause is not None),
        frozenset(call.request_id for call in of if call.is_tried and call.cause is None),
        frozenset(call.request_id for call in of if not call.is_tried),
    )


def _failed(calls: Sequence[CooledCall]) -> list[CooledCall]:
    return [call for call in calls if call.is_tried and call.cause is not None]


def _longer(calls: Sequence[CooledCall], as_of: datetime) -> Finding | None:
    failed = _failed(calls)
    has_longer = calls[0].cooldown_s < DURATIONS_S[-1]
    episodes = {call.episode_id for call in failed} - {None}
    if not has_longer or len(episodes) < LEAST_EPISODES or not _goes_on_failing(failed):
        return None
    present, incidents = kept(calls, calls[0].cooldown_s), _incidents(calls)
    tried = [_tried(calls, duration, present, incidents) for duration in DURATIONS_S if duration > calls[0].cooldown_s]
    best: tuple[int, _Tried] | None = None
    for each, least_right in zip(tried, _least_right(tried), strict=True):
        worth = len(each.avoided) - 2 * len(each.needless)
        is_right = len(each.avoided) >= LEAST_AVOIDED and least_right >= LEAST_RIGHT
        if is_right and (best is None or worth > 1.1 * best[0]):
            best = worth, each
    return None if best is None else _lengthen(calls, failed, best[1], as_of)


class _Tried(NamedTuple):
    """What a longer cooldown keeps off beyond the present one: failed calls, answered ones, and both by incident."""

    duration_s: float
    avoided: frozenset[str]
    needless: frozenset[str]
    sums: ClusterSums


def _tried(calls: Sequence[CooledCall], duration: float, present: Kept, incidents: Mapping[str, str]) -> _Tried:
    held = kept(calls, duration)
    avoided, needless = held.failed - present.failed, held.answered - present.answered
    whole = Counter(incidents[request] for request in (*avoided, *needless))
    part = Counter(incidents[request] for request in avoided)
    n = np.array(list(whole.values()), dtype=np.float64)
    x = np.array([part[incident] for incident in whole], dtype=np.float64)
    sums = ClusterSums(n.sum(), (n**2).sum(), (n**3).sum(), x.sum(), (x**2).sum(), (x * n).sum())
    return _Tried(duration, avoided, needless, sums)


def _least_right(tried: Sequence[_Tried]) -> list[float]:
    """Lower limit, for each cooldown, of the share of the calls kept off that had failed; they share a correlation."""
    sums = ClusterSums(*np.array([list(vars(each.sums).values()) for each in tried], dtype=np.float64).T)
    icc = interval_icc(sums)
    limits = clustered_rate(sums.x, sums.n, sums.n2, DEFAULT_ICC if icc is None else icc).low
    return [float(limit) for limit in np.nan_to_num(limits, nan=0.0)]


def _goes_on_failing(failed: Sequence[CooledCall]) -> bool:
    counts = list(Counter(map(_incident, failed)).values())
    return (clustered_ratio(counts, [1] * len(counts)).low or 0.0) >= LEAST_PER_INCIDENT


def _incident(call: CooledCall) -> str:
    return call.episode_id or call.request_id


def _incidents(calls: Sequence[CooledCall]) -> dict[str, str]:
    """The incident of each call: of one that was answered, that of the failure before it on the same model."""
    latest, found = "", {}
    for call in calls:
        if call.is_tried and call.cause is not None:
            latest = _incident(call)
        found[call.request_id] = latest
    return found


def _lengthen(calls: Sequence[CooledCall], failed: Sequence[CooledCall], found: _Tried, as_of: datetime) -> Finding:
    duration, avoided, needless = found.duration_s, found.avoided, found.needless
    waited = sum((call.added_latency_ms or 0.0) for call in failed if call.request_id in avoided) / 1000
    value, low, high = avoided_share(failed, avoided)
    first, place = calls[0], _place(calls[0])
    return Finding(
        kind="lengthen_cooldown",
        action="lengthen",
        place=place,
        title=f"Lengthen the cooldown of {first.workflow_class} from {first.cooldown_s:g} s to {duration:g} s",
        change=f"Set {place} to {duration:g}s, so that a failing model is asked less often whether it is back.",
        effect=(
            f"{len(avoided):,} of {len(failed):,} failed calls avoided ({percent(value)}, 95% CI {percent(low)} to "
            f"{percent(high)}), {waited:,.0f} s of waiting with them; {len(needless):,} calls that were answered would "
            "have gone to a substitute."
        ),
        limits=(-value, -high, -low),
        measure="failed_try_share",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=(
            f"In the next {WINDOW_DAYS} days fewer than {percent(LEAST_RIGHT)} of the calls kept off would have "
            "failed."
        ),
        facts={"action": "set", "path": place.path, "value": f"{duration:g}s", "duration_s": duration,
               "present_s": first.cooldown_s, "avoided": len(avoided), "failed": len(failed),
               "needless": len(needless), "waited_s": waited},
        sql=_sql(first, as_of),
        n_requests=len(calls),
        n_episodes=len({call.episode_id for call in failed if call.episode_id is not None}),
        guards={f"{LEAST_EPISODES} episodes": True, f"{LEAST_AVOIDED} calls avoided": True,
                f"{LEAST_PER_INCIDENT} failed calls an incident": True,
                f"{LEAST_RIGHT:.0%} of the calls kept off had failed": True},
    )  # fmt: skip


def avoidable(calls: Sequence[CooledCall], duration: float) -> tuple[float, float, float] | None:
    """Share of the failed calls that a cooldown of some seconds avoids, with its interval; None where none failed."""
    failed = _failed(calls)
    present = kept(calls, calls[0].cooldown_s) if failed else None
    return None if present is None else avoided_share(failed, kept(calls, duration).failed - present.failed)


def avoided_share(failed: Sequence[CooledCall], avoided: Collection[str]) -> tuple[float, float, float]:
    """Share of the failed calls that are avoided, with its interval over episodes, within [0, 1]."""
    whole = Counter(map(_incident, failed))
    part = Counter(_incident(call) for call in failed if call.request_id in avoided)
    share = clustered_ratio([part[episode] for episode in whole], list(whole.values()))
    return share.value or 0.0, max(share.low or 0.0, 0.0), min(1.0 if share.high is None else share.high, 1.0)


def _shorter(calls: Sequence[CooledCall], as_of: datetime) -> Finding | None:
    first = calls[0]
    if first.cooldown_s < LONG_COOLDOWN_S:
        return None
    duration = next(d for d in reversed(DURATIONS_S) if d <= first.cooldown_s / 4)
    let_through = kept(calls, first.cooldown_s).untried - kept(calls, duration).untried
    off = [call for call in calls if not call.is_tried]
    if len(let_through) < LEAST_LET_THROUGH or len(let_through) < 0.5 * len(off):
        return None
    place = _place(first)
    share, low, high = (float(limit) for limit in wilson(len(let_through), len(off)))
    return Finding(
        kind="shorten_cooldown",
        action="shorten",
        place=place,
        title=f"Try a shorter cooldown for {first.workflow_class}: {duration:g} s instead of {first.cooldown_s:g} s",
        change=(
            f"{len(let_through):,} of {len(off):,} calls that were kept off came later than {duration:g} s after "
            "the last "
            f"failure; nobody asked whether the model was back. Set {place} to {duration:g}s."
        ),
        effect=(
            f"Between none and {percent(share)} (95% CI {percent(low)} to {percent(high)}) of the calls kept off "
            "would have "
            "been served as preferred."
        ),
        limits=(-share / 2, -high, 0.0),
        measure="kept_off_share",
        evidence_class=EvidenceClass.BOUNDED,
        falsifier="With the shorter cooldown the calls let through fail.",
        facts={"action": "set", "path": place.path, "value": f"{duration:g}s", "present_s": first.cooldown_s,
               "let_through": len(let_through), "kept_off": len(off)},
        sql=_sql(first, as_of),
        n_requests=len(off),
        n_episodes=len({call.episode_id for call in off if call.episode_id is not None}),
        guards={"the model was asked in that time": False},
    )  # fmt: skip


def _place(call: CooledCall) -> Place:
    return Place(call.policy_id, call.policy_version, call.workflow_class, f"{call.class_path}.cooldown.duration")


def _sql(call: CooledCall, as_of: datetime) -> str:
    shown = {"policy_id": call.policy_id, "workflow_class": call.workflow_class, "cause": None}
    return pasted("class_requests", shown | window(as_of))
