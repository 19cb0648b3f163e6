"""The order of a class's substitutes by what they do to outcomes, shrunken; ties stay ties. Pure.

Two substitutes are compared only within strata that both served, so that one that was given the hard work is not blamed
for it. Source: statistics.md §5.3 (normal-normal empirical Bayes, expected loss).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Finding, Place
from readback.decisions.effects import OUTCOMES, change, percent, points
from readback.decisions.evidence import pasted
from readback.decisions.shrinking import LEAST_CHANCE, MATERIAL, Posterior, shrunken, spread_of
from readback.policy.gateways.chain import slug
from readback.stats import AdjustedDifference, Clusters, Strata, mantel_haenszel_difference

LEAST_LOSS = 0.005
TRIAL_LOSS = 0.015
TRIAL_CHANCE = 0.85

_LEAST_RUNS = 30
_LEAST_EPISODES = 8
_LEAST_EVENTS = 5
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class SubstituteRuns:
    """A row of `substitute_outcomes`: `x` of `n` runs of one cluster had the outcome."""

    metric: str
    policy_id: str
    policy_version: int
    workflow_class: str
    target: str
    position: int
    path: str
    triggers: list[str]
    stratum: str
    cluster: str
    has_episode: bool
    n: float
    x: float


class Pair(NamedTuple):
    """The first substitute against a later one of the same class, on one outcome; positive: the first is worse."""

    first: SubstituteRuns
    later: SubstituteRuns
    found: AdjustedDifference
    runs: float
    episodes: int
    daily_runs: float


def rank(found: Iterable[SubstituteRuns], as_of: datetime) -> Iterator[Recommendation]:
    """Put the later substitute first where it is surely better; ask for a trial where much hangs on not knowing."""
    every = list(pairs(found))
    told: set[tuple[str, str]] = set()
    for pair in sorted(every, key=lambda pair: list(OUTCOMES).index(f"{pair.first.metric}_rate")):
        belief = believed(pair, every)
        scope = (pair.first.workflow_class, pair.later.target)
        if belief is None or scope in told:
            continue
        is_sure = belief.chance >= LEAST_CHANCE and belief.loss >= LEAST_LOSS and all(_guards(pair).values())
        if is_sure or (belief.loss >= TRIAL_LOSS and belief.chance >= TRIAL_CHANCE):
            told.add(scope)
            yield (_reorder(pair, belief) if is_sure else _trial(pair, belief)).recommended(as_of)


def believed(pair: Pair, every: Sequence[Pair]) -> Posterior | None:
    """The pair's difference drawn towards none by how much such differences vary; None without an interval."""
    if not _is_usable(pair):
        return None
    alike = [other for other in every if other.first.metric == pair.first.metric and _is_usable(other)]
    spread = spread_of([other.found.difference or 0.0 for other in alike], [_error(other) for other in alike])
    return shrunken(pair.found.difference or 0.0, _error(pair), spread)


def _is_usable(pair: Pair) -> bool:
    return pair.found.difference is not None and pair.found.low is not None and _error(pair) > 0


def _error(pair: Pair) -> float:
    """The larger of two: from the interval, which is Student's, and that of a common rate.

    The standard error of a few episodes is itself not sure, and of one of the two without an event it is none at all,
    though a rate of none in forty is no more sure than another.
    """
    found = pair.found
    from_interval = ((found.high or 0.0) - (found.low or 0.0)) / (2 * 1.96)
    if not min(found.n1, found.n0) > 0:
        return from_interval
    rate = found.events / (found.n1 + found.n0)
    return max(from_interval, math.sqrt(rate * (1 - rate) * (1 / found.n1 + 1 / found.n0)))


def pairs(found: Iterable[SubstituteRuns]) -> Iterator[Pair]:
    """The first substitute of each class against every later one that answers for a trigger of it, by outcome."""
    rows = sorted(found, key=lambda row: (row.metric, row.policy_id, row.workflow_class, row.position))
    for (metric, _, _), group in groupby(rows, key=lambda row: (row.metric, row.policy_id, row.workflow_class)):
        by_target = [list(part) for _, part in groupby(group, key=lambda row: row.position)]
        if f"{metric}_rate" in OUTCOMES and len(by_target) > 1:
            for later in by_target[1:]:
                if set(later[0].triggers) & set(by_target[0][0].triggers):
                    yield _pair(by_target[0], later)


def _pair(first: list[SubstituteRuns], later: list[SubstituteRuns]) -> Pair:
    strata = {name: n for n, name in enumerate(dict.fromkeys(row.stratum for row in first + later))}
    arms = [_totals(rows, strata) for rows in (first, later)]
    found = mantel_haenszel_difference(
        Strata(arms[0][0], arms[0][1], arms[1][0], arms[1][1]), _clusters(first, strata), _clusters(later, strata)
    )
    runs = sum(row.n for row in first + later)
    episodes = len({row.cluster for row in first + later if row.has_episode})
    return Pair(first[0], later[0], found, runs, episodes, sum(row.n for row in first) / 28)


def _totals(rows: list[SubstituteRuns], strata: dict[str, int]) -> tuple[list[float], list[float]]:
    x, n = [0.0] * len(strata), [0.0] * len(strata)
    for row in rows:
        x[strata[row.stratum]] += row.x
        n[strata[row.stratum]] += row.n
    return x, n


def _clusters(rows: list[SubstituteRuns], strata: dict[str, int]) -> Clusters:
    numbers = {name: n for n, name in enumerate(dict.fromkeys(row.cluster for row in rows))}
    return Clusters(
        [strata[row.stratum] for row in rows],
        [row.x for row in rows],
        [row.n for row in rows],
        [numbers[row.cluster] for row in rows],
    )


def _guards(pair: Pair) -> dict[str, bool]:
    return {
        f"{_LEAST_RUNS} runs of each": min(pair.found.n1, pair.found.n0) >= _LEAST_RUNS,
        f"{_LEAST_EPISODES} episodes": pair.episodes >= _LEAST_EPISODES,
        f"{_LEAST_EVENTS} events": pair.found.events >= _LEAST_EVENTS,
        "half of the runs comparable": (pair.found.overlap or 0.0) >= _LEAST_OVERLAP,
    }


def _place(pair: Pair) -> Place:
    path = pair.first.path.rpartition("[")[0]
    return Place(pair.first.policy_id, pair.first.policy_version, pair.first.workflow_class, path)


def _told(pair: Pair, belief: Posterior) -> str:
    what, found = OUTCOMES[f"{pair.first.metric}_rate"], pair.found
    crude = f" Unadjusted: {percent(found.crude)} between them." if found.crude is not None else ""
    adjusted = change(*_limits(pair), what)
    return (
        f"{adjusted} on what {pair.first.target} now serves; {points(-belief.mean)} once shrunken, better with "
        f"probability {belief.chance:.2f}.{crude}"
    )


def _limits(pair: Pair) -> tuple[float, float, float]:
    """The adjusted difference as what putting the later one first takes away; shrinking decides, and is told beside."""
    found = pair.found
    return -(found.difference or 0.0), -(found.high or 0.0), -(found.low or 0.0)


def _reorder(pair: Pair, belief: Posterior) -> Finding:
    place = _place(pair)
    return Finding(
        kind="reorder_substitutes",
        action=pair.later.target,
        place=place,
        title=f"Put {pair.later.target} before {pair.first.target} for {pair.first.workflow_class}",
        change=f"Move {pair.later.target} ahead of {pair.first.target} at {place}.",
        effect=_told(pair, belief),
        limits=_limits(pair),
        measure=f"{pair.first.metric}_rate",
        evidence_class=EvidenceClass.ADJUSTED,
        falsifier="Runs assigned at random to the two show no difference, or one of the other sign.",
        facts=_facts(pair, belief) | {"action": "swap", "first": pair.first.path, "second": pair.later.path},
        sql=_sql(pair),
        n_requests=round(pair.runs),
        n_episodes=pair.episodes,
        guards=_guards(pair),
    )


def _trial(pair: Pair, belief: Posterior) -> Finding:
    place = _place(pair)
    base = pair.found.events / max(pair.found.n1 + pair.found.n0, 1)
    size = math.ceil(2 * (1.96 + 0.8416) ** 2 * base * (1 - base) / (2 * MATERIAL) ** 2)
    days = math.ceil(2 * size / max(pair.daily_runs, 0.1))
    return Finding(
        kind="run_trial",
        action=pair.later.target,
        place=place,
        title=f"Try {pair.later.target} against {pair.first.target} for {pair.first.workflow_class}",
        change=(
            f"The logs cannot tell the two apart, and {percent(belief.loss)} of runs may hang on it. Send fallbacks to "
            f"either at random, {size:,} runs each, about {days:,} days at the present rate, and log the "
            "probability of "
            "the choice as `routing_propensity`."
        ),
        effect=_told(pair, belief),
        limits=_limits(pair),
        measure=f"{pair.first.metric}_rate",
        evidence_class=EvidenceClass.TRIAL,
        falsifier="The trial shows no difference: the tie stays a tie.",
        facts=_facts(pair, belief)
        | {"action": "trial", "trial_runs": size, "trial_days": days, "trial": _drawn(pair, size, days)},
        sql=_sql(pair),
        n_requests=round(pair.runs),
        n_episodes=pair.episodes,
        guards=_guards(pair),
    )


def _drawn(pair: Pair, size: int, days: int) -> dict[str, object]:
    """The trial as the policy holds it: a draw between the two, of which neither comes first while it lasts."""
    return {
        "id": f"draw-{slug(pair.later.target)}",
        "targets": [pair.first.target, pair.later.target],
        "share": 0.5,
        "runs": size,
        "duration": f"{days}d",
        "log_field": "routing_propensity",
    }


def _facts(pair: Pair, belief: Posterior) -> dict[str, object]:
    return {
        "first_target": pair.first.target,
        "later_target": pair.later.target,
        "difference": pair.found.difference,
        "low": pair.found.low,
        "high": pair.found.high,
        "crude": pair.found.crude,
        "overlap": pair.found.overlap,
        "shrunken": belief.mean,
        "chance": belief.chance,
        "expected_loss": belief.loss,
    }


def _sql(pair: Pair) -> str:
    shown = {
        "workflow_class": pair.first.workflow_class,
        "outcome": pair.first.metric,
        "first": pair.first.target,
        "second": pair.later.target,
    }
    return pasted("substitute_outcomes", shown)
