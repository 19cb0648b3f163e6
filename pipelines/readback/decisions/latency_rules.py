"""Recommendations about the latency trigger of a class: lower it, replayed; raise it, bounded. Pure.

What was cut at the limit is censored there and never dropped. Source: statistics.md §5.1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import numpy as np

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS, pasted, window
from readback.stats import cluster_bootstrap, wilson

LIMITS_S = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 45, 60, 90, 120, 180, 300)
"""Limits that are proposed, in seconds."""

MOST_EXTRA = 0.01
"""Share of the preferred model's answers that a lower limit may cut, at its upper confidence limit."""

LEAST_CUT = 20
LEAST_ANSWERS = 200
LEAST_SAVING = 0.5
"""A lower limit must at least halve what a cut call waits for."""

LEAST_NEAR = 0.02
"""A limit may be too low where this share of the answers comes within its last fifth."""

LEAST_CUT_SHARE = 0.02


@dataclass(frozen=True)
class AnswerDay:
    """A row of `answer_times`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    risk: str | None
    latency_limit_s: float
    latency_path: str
    day: date
    answer_s: list[float] | None
    cut_s: list[float] | None
    episodes: list[str] | None = None


def tune_latency(found: Iterable[AnswerDay], as_of: datetime) -> Iterator[Recommendation]:
    """A lower limit where hardly an answer comes that late; a trial of a higher one where many come just in time."""
    for _, group in groupby(found, key=lambda day: (day.policy_id, day.workflow_class)):
        days = list(group)
        answers = np.array([s for day in days for s in day.answer_s or ()])
        cut = np.array([s for day in days for s in day.cut_s or ()])
        if cut.size < LEAST_CUT or answers.size < LEAST_ANSWERS:
            continue
        limit = lower_limit(answers, days[0].latency_limit_s)
        if limit is not None:
            yield _lower(days, limit, answers, as_of).recommended(as_of)
        elif _is_tight(answers, cut, days[0].latency_limit_s):
            yield _raise(days, answers, cut, as_of).recommended(as_of)


def lower_limit(answers: np.ndarray, present: float) -> float | None:
    """The lowest limit that hardly an answer exceeds and that at least halves the wait; None where there is none.

    >>> lower_limit(np.full(1000, 2.5), 30.0), lower_limit(np.full(1000, 2.5), 5.0)
    (3.0, None)
    """
    for limit in LIMITS_S:
        if limit > (1 - LEAST_SAVING) * present:
            return None
        if float(wilson(int((answers > limit).sum()), answers.size).high) <= MOST_EXTRA:
            return float(limit)
    return None


def _is_tight(answers: np.ndarray, cut: np.ndarray, present: float) -> bool:
    near = float(((answers > 0.8 * present) & (answers <= present)).mean())
    return near >= LEAST_NEAR and cut.size / (cut.size + answers.size) >= LEAST_CUT_SHARE


def _place(day: AnswerDay) -> Place:
    return Place(day.policy_id, day.policy_version, day.workflow_class, day.latency_path)


def _lower(days: list[AnswerDay], limit: float, answers: np.ndarray, as_of: datetime) -> Finding:
    present, place = days[0].latency_limit_s, _place(days[0])
    cut = sum(len(day.cut_s or ()) for day in days)
    extra = int((answers > limit).sum())
    saved, low, high = saving(days, limit)
    return Finding(
        kind="lower_latency_trigger",
        action="lower",
        place=place,
        title=f"Lower the latency trigger of {days[0].workflow_class} from {present:g} s to {limit:g} s",
        change=(
            f"Set {place} to {limit:g}s: {percent(1 - extra / answers.size)} of the preferred model's answers come "
            "sooner."
        ),
        effect=(
            f"{saved / 3600:,.1f} h less waiting for the preferred model (95% CI {(low or 0) / 3600:,.1f} to "
            f"{(high or 0) / 3600:,.1f} h) and {extra:,} more fallbacks ({percent(extra / answers.size)} of its "
            "answers); "
            f"{cut:,} calls were cut after {present:g} s."
        ),
        limits=(-saved, None if high is None else -high, None if low is None else -low),
        measure="wait_s",
        evidence_class=EvidenceClass.REPLAY,
        falsifier=(
            f"In the next {WINDOW_DAYS} days more than {percent(MOST_EXTRA)} of its answers take over {limit:g} "
            "s."
        ),
        facts={"action": "set", "value": f"{limit:g}s", "path": days[0].latency_path, "limit_s": limit,
               "present_s": present, "saved_s": saved, "day_count": len(days), "cut_count": cut,
               "extra_fallbacks": extra},
        sql=_sql(days[0], as_of),
        n_requests=int(answers.size) + cut,
        n_episodes=_episodes(days),
        guards={f"{LEAST_CUT} cut calls": True, f"{LEAST_ANSWERS} answers": True,
                f"at most {percent(MOST_EXTRA)} of answers cut": True},
    )  # fmt: skip


def saving(days: Sequence[AnswerDay], limit: float) -> tuple[float, float | None, float | None]:
    """Seconds of waiting that a limit would save on some days, with the interval over days; None below twenty days."""
    sums = np.array([[_saved(day, limit)] for day in days])
    spread = cluster_bootstrap(sums, lambda totals: totals[:, 0], seed=7, draws=500)
    return float(sums.sum()), spread.low, spread.high


def _saved(day: AnswerDay, limit: float) -> float:
    """Seconds waited beyond the limit, by calls that were cut and by answers that it would cut."""
    waited = [*(day.cut_s or ()), *(day.answer_s or ())]
    return float(sum(max(seconds - limit, 0.0) for seconds in waited))


def _episodes(days: list[AnswerDay]) -> int:
    return len({episode for day in days for episode in day.episodes or ()})


def _raise(days: list[AnswerDay], answers: np.ndarray, cut: np.ndarray, as_of: datetime) -> Finding:
    present, place = days[0].latency_limit_s, _place(days[0])
    share, low, high = (float(limit) for limit in wilson(int(cut.size), int(cut.size + answers.size)))
    near = float(((answers > 0.8 * present) & (answers <= present)).mean())
    target = next((limit for limit in LIMITS_S if limit >= 1.3 * present), LIMITS_S[-1])
    return Finding(
        kind="raise_latency_trigger",
        action="raise",
        place=place,
        title=f"Try a higher latency trigger for {days[0].workflow_class}: {target:g} s instead of {present:g} s",
        change=(
            f"{percent(near)} of the answers come in the last fifth before the limit, so some of the {cut.size:,} "
            "calls "
            f"that were cut would have been answered. Try {target:g}s at {place} on a tenth of the calls for two "
            "weeks and log the limit that applied as `latency_limit_ms`; the limit itself stays until the trial is "
            "over."
        ),
        effect=(
            f"Between none and all of the cut calls ({percent(share)} of calls, 95% CI {percent(low)} to "
            f"{percent(high)}) "
            "would stay with the preferred model; beyond the present limit the log shows nothing."
        ),
        limits=(-share / 2, -high, 0.0),
        measure="latency_breach_share",
        evidence_class=EvidenceClass.TRIAL,
        falsifier="The trial rescues none of them.",
        facts={"action": "trial", "trial": _trial(days[0], target), "near_share": near, "cut_count": int(cut.size),
               "share": share},
        sql=_sql(days[0], as_of),
        n_requests=int(answers.size + cut.size),
        n_episodes=_episodes(days),
        guards={"the limit is not exceeded in the log": False},
    )  # fmt: skip


def _trial(day: AnswerDay, target: float) -> dict[str, object]:
    """The trial as the policy holds it."""
    return {"id": "higher-latency-limit", "trigger": day.latency_path, "to": f"{target:g}s", "share": 0.1,
            "duration": "14d", "log_field": "latency_limit_ms"}  # fmt: skip


def _sql(day: AnswerDay, as_of: datetime) -> str:
    shown = {"policy_id": day.policy_id, "workflow_class": day.workflow_class, "cause": "latency_breach"}
    return pasted("class_requests", shown | window(as_of))
