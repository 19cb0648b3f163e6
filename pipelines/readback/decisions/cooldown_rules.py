"""Recommendations about the cooldown of a class: how long a failing model is left alone. Pure.

A longer cooldown is replayed on the calls that were made; of a shorter one the log shows only which calls it would have
let through, not how they would have ended. Source: statistics.md §5.2.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.cooling import Call, Rule, cooled
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.stats import clustered_ratio, wilson

DURATIONS_S = (15, 30, 60, 120, 300, 600, 900, 1800)
"""Cooldowns that are proposed, in seconds."""

REACH_S = 3600
"""Calls later than this after a failure are of no account to any of them."""

LEAST_AVOIDED = 30
LEAST_EPISODES = 3
LEAST_PER_EPISODE = 6
"""Failed calls per episode above which a cooldown cannot be said to leave the model alone."""

LEAST_RIGHT = 0.8
"""Of the calls that a longer cooldown keeps off, this share must have failed, at its lower confidence limit."""

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
    episodes = {call.episode_id for call in failed if call.episode_id is not None}
    if len(episodes) < LEAST_EPISODES or len(failed) < LEAST_PER_EPISODE * len(episodes):
        return None
    present = kept(calls, calls[0].cooldown_s)
    best: tuple[int, float, Kept] | None = None
    for duration in DURATIONS_S:
        if duration <= calls[0].cooldown_s:
            continue
        held = kept(calls, duration)
        avoided, needless = len(held.failed - present.failed), len(held.answered - present.answered)
        is_right = float(wilson(avoided, avoided + needless).low) >= LEAST_RIGHT if avoided else False
        worth = avoided - 2 * needless
        if avoided >= LEAST_AVOIDED and is_right and (best is None or worth > 1.1 * best[0]):
            best = worth, duration, held
    return None if best is None else _lengthen(calls, failed, best[1], best[2], present, as_of)


def _lengthen(
    calls: Sequence[CooledCall],
    failed: Sequence[CooledCall],
    duration: float,
    held: Kept,
    present: Kept,
    as_of: datetime,
) -> Finding:
    avoided, needless = held.failed - present.failed, held.answered - present.answered
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
                f"{LEAST_RIGHT:.0%} of the calls kept off had failed": True},
    )  # fmt: skip


def avoidable(calls: Sequence[CooledCall], duration: float) -> tuple[float, float, float] | None:
    """Share of the failed calls that a cooldown of some seconds avoids, with its interval; None where none failed."""
    failed = _failed(calls)
    present = kept(calls, calls[0].cooldown_s) if failed else None
    return None if present is None else avoided_share(failed, kept(calls, duration).failed - present.failed)


def avoided_share(failed: Sequence[CooledCall], avoided: Collection[str]) -> tuple[float, float, float]:
    """Share of the failed calls that are avoided, with its interval over episodes, within [0, 1]."""
    whole = Counter(call.episode_id or call.request_id for call in failed)
    part = Counter(call.episode_id or call.request_id for call in failed if call.request_id in avoided)
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
