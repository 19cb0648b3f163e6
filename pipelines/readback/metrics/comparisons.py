"""Recovery of one period against the period before: the difference of restricted means first, the log-rank test second.

Whoever compares many periods will find one that differs by chance: the p-values are those of single comparisons.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from readback import stats, store
from readback.contracts import RecoveryComparison
from readback.contracts.vocabulary import Dimension, Grain, MetricStatus
from readback.metrics import rollup
from readback.metrics.definitions import definitions
from readback.metrics.recovery import RECOVERED, Samples, episodes_by_period, of_members
from readback.settings import Settings

METRIC = "recovery_time_rmst_s"
DIMENSIONS = (Dimension.ALL, Dimension.WORKFLOW, Dimension.WORKFLOW_CLASS)
GRAINS = (Grain.WEEK, Grain.MONTH, Grain.QUARTER)

_KEY = ("grain", "member", "period_start")


class _Pair(NamedTuple):
    """One period of one member; `now` and `before` number its samples, None where no episode opened in it."""

    grain: str
    member: str
    period_start: datetime
    previous_start: datetime
    now: int | None
    before: int | None


class _Found(NamedTuple):
    """What a pair of periods gives; episodes and recoveries first of the period, then of the one before."""

    n: tuple[int, int]
    seen: tuple[int, int]
    difference: stats.Estimate
    statistic: float | None
    p_value: float | None


def comparison_rows(con: store.Connection, settings: Settings, as_of: datetime) -> list[RecoveryComparison]:
    """`recovery_comparisons`: every week, month and quarter before which the logs reach into another one.

    A workflow or class has a row where an episode of it opened in either period. Reads `periods`.
    """
    zone = settings.project.timezone
    frame = episodes_by_period(con, METRIC, GRAINS, zone)
    bounds = rollup.fetch(con, store.model("marts/period_bounds"), {"timezone": zone})
    pairs = bounds.filter(pl.col("grain").is_in([grain.value for grain in GRAINS])).drop("ends_at")
    told = pairs.join(
        pairs.select("grain", pl.col("period_start").alias("previous_start")), on=["grain", "previous_start"]
    )
    minimum_n = definitions()[METRIC].threshold(settings.metrics.minimum_n)
    return [
        row
        for dimension in DIMENSIONS
        for row in compare(of_members(frame, dimension), told, dimension, minimum_n, as_of)
    ]


def compare(
    episodes: pl.DataFrame, periods: pl.DataFrame, dimension: Dimension, minimum_n: int, as_of: datetime
) -> Iterator[RecoveryComparison]:
    """Rows of one dimension, in order; `periods` names each period and the one before it."""
    samples = Samples.of(episodes)
    for pair, found in _compared(samples, list(_pairs(samples, periods, dimension)), minimum_n):
        yield RecoveryComparison(
            grain=Grain(pair.grain),
            period_start=pair.period_start,
            previous_start=pair.previous_start,
            dimension=dimension,
            member=pair.member,
            episodes=found.n[0],
            previous_episodes=found.n[1],
            recoveries=found.seen[0],
            previous_recoveries=found.seen[1],
            difference_s=found.difference.value,
            low=found.difference.low,
            high=found.difference.high,
            statistic=found.statistic,
            p_value=found.p_value,
            status=_status(found.n, minimum_n),
            reason=_reason(found, minimum_n),
            as_of=as_of,
        )


def _compared(samples: Samples, pairs: list[_Pair], minimum_n: int) -> Iterator[tuple[_Pair, _Found]]:
    counts, recovered = samples.keys["n"].to_list(), samples.total(samples.recovered).tolist()
    horizon = definitions()[METRIC].horizon_s or np.inf
    means = stats.panel_restricted_means(samples.panel, horizon)
    told = [pair for pair in pairs if min(_of(pair, counts)) >= minimum_n]
    tests = dict(zip(told, zip(*_log_ranks(samples, told), strict=True), strict=True))
    for pair in pairs:
        n, seen = _of(pair, counts), _of(pair, recovered)
        if pair.now is None or pair.before is None or pair not in tests:
            yield pair, _Found(n, seen, stats.Estimate(None, None, None, sum(n), None), None, None)
        else:
            difference = stats.rmst_difference(_mean(means, pair.now, n[0]), _mean(means, pair.before, n[1]))
            yield pair, _Found(n, seen, difference, *map(stats.finite, tests[pair]))


def _pairs(samples: Samples, periods: pl.DataFrame, dimension: Dimension) -> Iterator[_Pair]:
    place = {key: number for number, key in enumerate(samples.keys.select(_KEY).iter_rows())}
    members = sorted({"*"} if dimension is Dimension.ALL else {str(member) for _, member, _ in place})
    for grain, start, previous in periods.sort("grain", "period_start").iter_rows():
        for member in members:
            now, before = place.get((grain, member, start)), place.get((grain, member, previous))
            if dimension is Dimension.ALL or now is not None or before is not None:
                yield _Pair(grain, member, start, previous, now, before)


def _log_ranks(samples: Samples, pairs: list[_Pair]) -> stats.LogRanks:
    """Tests of pairs whose periods both have episodes, all at once."""
    counts = samples.keys["n"].to_numpy().astype(np.int64)
    start = np.cumsum(counts) - counts
    ends = [
        (number, side, one) for number, pair in enumerate(pairs) for side, one in enumerate((pair.now, pair.before))
    ]
    of = np.array([one for _, _, one in ends], dtype=np.int64)
    sizes = counts[of]
    rows = np.repeat(start[of] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    number, side = (np.repeat(np.array([end[part] for end in ends], dtype=np.int64), sizes) for part in (0, 1))
    observed = samples.ends[rows] == RECOVERED
    return stats.log_ranks(number, side == 0, samples.durations[rows], observed, len(pairs))


def _mean(means: stats.RestrictedMeans, one: int, n: int) -> stats.RestrictedMean:
    value, low, high, error, events = (stats.finite(part[one]) for part in means)
    return stats.RestrictedMean(value, low, high, n, events, error)


def _of(pair: _Pair, counts: list[Any]) -> tuple[int, int]:
    now, before = (0 if one is None else int(counts[one]) for one in (pair.now, pair.before))
    return now, before


def _status(n: tuple[int, int], minimum_n: int) -> MetricStatus:
    if not any(n):
        return MetricStatus.NO_DATA
    return MetricStatus.OK if min(n) >= minimum_n else MetricStatus.TOO_FEW


def _reason(found: _Found, minimum_n: int) -> str | None:
    """Why something of the comparison is absent; None where all of it is there."""
    n, seen = found.n, found.seen
    if not any(n):
        return "no episode opened in either period"
    if min(n) < minimum_n:
        return f"{n[0]} and {n[1]} episodes; each period needs {minimum_n}"
    if found.difference.value is None:
        return "episodes of a period were not followed for four hours"
    if found.p_value is None:
        return "no recovery distinguishes the periods"
    if found.difference.low is None:
        return f"{seen[0]} and {seen[1]} recoveries seen; an interval needs 20 within four hours in each"
    return None
