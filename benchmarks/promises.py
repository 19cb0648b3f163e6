"""Simulate what the estimators and the detector promise, and print what was measured beside what was promised.

make simulate-stats        the figures of docs/statistics.md, about three minutes
python benchmarks/promises.py --share 0.1 --seed 3
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats
from readback.decisions.outcome_weeks import BLOCKS, series_of
from readback.metrics.correlation import FEWEST_CLUSTERS

Counts = NDArray[Any]

BASE_RATES = (0.03, 0.08, 0.20, 0.35)
"""Rework of the four risk classes, preferred model, off peak."""

PEAK_RISE = 0.04
WORKFLOWS, LOOKS, BASELINE = 50, 52, 12

UNCHANGED = (
    (20, 0.10, 0.05),
    (20, 0.10, 0.20),
    (5, 0.05, 0.05),
    (2, 0.05, 0.05),
    (5, 0.01, 0.05),
    (50, 0.10, 0.05),
    (50, 0.30, 0.10),
    (100, 0.10, 0.05),
)
"""Fleets that must stay quiet: clusters of ten a week, rate, intraclass correlation."""

USUAL_HOURS, OTHER_HOURS = (0.60, 0.25, 0.15), (0.30, 0.40, 0.30)
"""Shares of the work by block of the week: as always, and after it has moved away from the peak hours."""

BLOCK_RATES = (0.06, 0.12, 0.20)

_START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One promise: what was measured, what it must hold against, and how many repetitions it rests on."""

    promise: str
    measured: float
    bar: float
    is_floor: bool
    repetitions: int
    unit: str = "%"

    @property
    def is_kept(self) -> bool:
        """Whether the bar is reached."""
        return self.measured >= self.bar if self.is_floor else self.measured <= self.bar

    def row(self) -> str:
        """One line of the table in docs/statistics.md."""
        sign, scale = ("≥" if self.is_floor else "≤"), (100 if self.unit in ("%", "pp") else 1)
        figures = f"{sign} {self.bar * scale:g} {self.unit} | {self.measured * scale:.2f} {self.unit}"
        return f"| {self.promise} | {figures} | {self.repetitions:,} | {'yes' if self.is_kept else '**no**'} |"


def findings(seed: int, share: float = 1.0) -> Iterator[Finding]:
    """Everything, with `share` of the usual repetitions."""
    seeds = np.random.SeedSequence(seed).spawn(8)
    rngs = [np.random.default_rng(one) for one in seeds]
    yield from single_rates()
    yield from clustered_rates(rngs[0], max(int(400 * share), 20))
    yield from effects(rngs[1], max(int(500 * share), 30))
    yield from false_alarms(rngs[2], max(int(600 * share), 10))
    yield from detection(rngs[3], max(int(1_000 * share), 100))
    yield from moved_hours(rngs[5], max(int(300 * share), 10))
    yield from recovery(rngs[4], max(int(4_000 * share), 400))


def single_rates() -> Iterator[Finding]:
    """Wilson, exactly: averaged over rates from 0.5% to 50%, no chance involved."""
    from scipy.stats import binom

    rates = np.linspace(0.005, 0.5, 400)[:, None]
    for n in (10, 50, 200):
        x = np.arange(n + 1)
        found = stats.wilson(x, n)
        covers = (found.low <= rates) & (rates <= found.high)
        mean = float((binom.pmf(x, n, rates) * covers).sum(axis=1).mean())
        yield Finding(f"single rate, n = {n}: Wilson covers", mean, 0.94, True, rates.size)


def clustered_rates(rng: np.random.Generator, repetitions: int) -> Iterator[Finding]:
    """Rates of episodes' requests, with the correlation estimated from the same data."""
    for workflows, episodes, icc in ((10, 3, 0.1), (10, 6, 0.1), (50, 3, 0.1), (50, 6, 0.3)):
        covered = []
        for _ in range(repetitions):
            n = _sizes(rng, (workflows, episodes))
            x = _events(rng, n, 0.10, icc)
            sums = _cluster_sums(n, x)
            found = stats.clustered_rate(sums.x, sums.n, sums.n2, _correlation(sums, workflows * episodes))
            covered.append((found.low <= 0.10) & (found.high >= 0.10))
        promise = f"clustered rate, {workflows} workflows × {episodes} episodes, ICC {icc:g}: covers"
        yield Finding(promise, float(np.mean(covered)), 0.935, True, repetitions * workflows)


def effects(rng: np.random.Generator, repetitions: int) -> Iterator[Finding]:
    """Fallback against preferred where risky work falls back more, or is barred from it."""
    scenarios = {
        "no effect, risky flows fall back more": (0.00, (2, 4, 8, 12)),
        "+5 pp, fallback almost barred from risky flows": (0.05, (20, 12, 2, 1)),
    }
    for name, (effect, episodes) in scenarios.items():
        results = [_effect(rng, effect, episodes) for _ in range(repetitions)]
        adjusted, low, high, crude = np.array(results).T
        yield Finding(f"{name}: bias", float(abs(adjusted.mean() - effect)), 0.003, False, repetitions, "pp")
        covers = float(np.mean((low <= effect) & (effect <= high)))
        yield Finding(f"{name}: covers", covers, 0.94, True, repetitions)
        if effect:
            yield Finding("the same, crude: wrong sign", float(np.mean(crude < 0)), 0.5, True, repetitions)


def false_alarms(rng: np.random.Generator, fleets: int) -> Iterator[Finding]:
    """Fleets without any change: 50 workflows, 52 weekly looks, the design effect estimated from the same rows."""
    for clusters, rate, icc in UNCHANGED:
        alerted, watched = [], []
        for _ in range(fleets):
            found = _detected(rng, clusters, rate, icc, _usual(BASELINE + LOOKS))
            alerted.append(bool((found.first_alert >= 0).any()))
            watched.append(int((found.first_watch >= 0).sum()))
        setting = f"no change, {10 * clusters} a week, p = {rate:g}, ICC {icc:g}"
        yield Finding(f"{setting}: fleet-years with a false alert", float(np.mean(alerted)), 0.05, False, fleets)
        yield Finding(f"{setting}: workflows falsely watched", float(np.mean(watched)), 1.0, False, fleets, "a year")


def detection(rng: np.random.Generator, series: int) -> Iterator[Finding]:
    """Weeks until an alert after +5 pp on 10%, from week 14 on."""
    for clusters, icc, bar in ((50, 0.0, 3.0), (50, 0.05, 3.0), (20, 0.05, 13.0), (100, 0.05, 3.0)):
        rates = np.where(np.arange(BASELINE + LOOKS // 2) < 14, 0.10, 0.15)
        fleets = range(-(-series // WORKFLOWS))
        found = [_detected(rng, clusters, rates[:, None], icc, _usual(rates.size)).first_alert for _ in fleets]
        weeks = np.concatenate([np.where(first >= 14, first - 13.0, np.inf) for first in found])
        promise = f"+5 pp on 10%, {10 * clusters} a week, ICC {icc:g}: median weeks to alert"
        yield Finding(promise, float(np.median(weeks)), bar, False, weeks.size, "weeks")


def moved_hours(rng: np.random.Generator, fleets: int) -> Iterator[Finding]:
    """Fleets whose work moves to worse hours in week 20 and stays there; no hour is worse than it was."""
    hours = np.where((np.arange(BASELINE + LOOKS) < 20)[:, None], USUAL_HOURS, OTHER_HOURS)
    for clusters in (20, 50):
        settings = [
            (f"work moves to worse hours, {10 * clusters} a week", True, fleets),
            ("the same, hours not told", False, 20),
        ]
        for setting, is_told, many in settings:
            found = [_detected(rng, clusters, BLOCK_RATES, 0.05, hours, is_told=is_told) for _ in range(many)]
            alerted = float(np.mean([bool((one.first_alert >= 0).any()) for one in found]))
            bar = 0.05 if is_told else 0.5
            yield Finding(f"{setting}: fleet-years with a false alert", alerted, bar, not is_told, many)
            if is_told:
                watched = float(np.mean([int((one.first_watch >= 0).sum()) for one in found]))
                yield Finding(f"{setting}: workflows falsely watched", watched, 1.0, False, many, "a year")


def recovery(rng: np.random.Generator, repetitions: int) -> Iterator[Finding]:
    """Recovery of 30 episodes with a median of 20 minutes, a quarter of them still open at the report."""
    truth = _restricted_mean(20.0, 1.0, 60.0)
    means, dropped, medians, covered, open_share = [], [], [], [], []
    for _ in range(repetitions):
        duration, follow_up = rng.lognormal(np.log(20.0), 1.0, 30), rng.uniform(0.0, 120.0, 30)
        seen, recovered = np.minimum(duration, follow_up), duration <= follow_up
        mean = stats.rmst(seen, recovered, 60.0).value
        means.append(np.nan if mean is None else mean)
        dropped.append(np.minimum(seen[recovered], 60.0).mean())
        median = stats.survival_median(stats.kaplan_meier(seen, recovered))
        medians.append(np.nan if median.value is None else median.value)
        covered.append((median.low or 0.0) <= 20.0 <= (median.high or np.inf))
        open_share.append(1 - recovered.mean())
    bias = abs(float(np.nanmean(means)) / truth - 1)
    yield Finding(f"RMST(60 min), {np.mean(open_share):.0%} censored: bias", bias, 0.01, False, repetitions)
    gap = abs(float(np.nanmean(medians)) / 20.0 - 1)
    yield Finding("median, the same: bias", gap, 0.05, False, repetitions)
    yield Finding("median, the same: covers", float(np.mean(covered)), 0.93, True, repetitions)
    lost = abs(float(np.mean(dropped)) / truth - 1)
    yield Finding("the same with open episodes dropped: bias", lost, 0.10, True, repetitions)


def _effect(rng: np.random.Generator, effect: float, episodes: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Adjusted difference, limits and crude difference of one simulated fleet; a stratum is workflow × peak."""
    workflow = np.arange(WORKFLOWS)
    risk = workflow % len(BASE_RATES)
    base = np.array(BASE_RATES)[risk] + rng.uniform(-0.01, 0.01, WORKFLOWS)
    rates = np.column_stack([base, base + PEAK_RISE]).ravel()
    share = np.array([1 / 3, 2 / 3])  # fallbacks crowd into the peak, preferred runs do not
    many = rng.poisson((np.array(episodes)[risk][:, None] * share).ravel())
    exposed = _arm(rng, many, rates + effect, 0.05)
    control = _arm(rng, np.full(rates.size, 20), rates, 0.05)
    sums = [np.bincount(arm[0], weights=part, minlength=rates.size) for arm in (exposed, control) for part in arm[1:]]
    found = stats.mantel_haenszel_difference(stats.Strata(*sums), stats.Clusters(*exposed), stats.Clusters(*control))
    numbers = (found.difference, found.low, found.high, found.crude)
    return tuple(np.nan if number is None else number for number in numbers)  # type: ignore[return-value]


def _arm(rng: np.random.Generator, clusters: Counts, rates: Counts, icc: float) -> tuple[Counts, Counts, Counts]:
    stratum = np.repeat(np.arange(rates.size), clusters)
    n = _sizes(rng, stratum.shape)
    return stratum, _events(rng, n, rates[stratum], icc), n


def _usual(weeks: int) -> Counts:
    return np.tile(USUAL_HOURS, (weeks, 1))


def _detected(
    rng: np.random.Generator, clusters: int, rates: Any, icc: float, hours: Counts, *, is_told: bool = True
) -> stats.Detection:
    """What the product sees in 50 workflows whose weekly runs come in clusters of ten, each in one block of the week.

    `rates` by week and block, or what broadcasts to that; `hours` the share of the clusters by week and block.
    """
    weeks = len(hours)
    edges = rng.multinomial(clusters, hours, size=(WORKFLOWS, weeks)).cumsum(axis=2)[..., None]
    block = (np.arange(clusters) >= edges[:, :, :-1]).sum(axis=2)
    n = np.full(block.shape, 10)
    x = _events(rng, n, np.take_along_axis(np.broadcast_to(rates, hours.shape)[None], block, axis=2), icc)
    starts = [_START + timedelta(weeks=week) for week in range(weeks)]
    parts = {"n": n, "n2": n**2, "n3": n**3, "x": x, "x2": x**2, "xn": x * n, "cluster_count": np.ones_like(n)}
    for number, name in enumerate(BLOCKS):
        parts |= {f"{name}_{kind}": part * (block == number) * is_told for kind, part in (("n", n), ("x", x))}
    rows = pl.DataFrame(
        {
            "workflow": np.repeat(np.arange(WORKFLOWS), weeks).astype(str),
            "week_at": starts * WORKFLOWS,
            **{name: part.sum(axis=2).ravel().astype(np.float64) for name, part in parts.items()},
        }
    ).with_columns(
        pl.lit("rework_rate").alias("metric"),
        (pl.col("week_at") + timedelta(weeks=1)).alias("ends_at"),
        pl.lit(1.0).alias("maturity"),
        pl.lit(None, pl.Float64).alias("episode_share"),
        pl.lit(None, pl.String).alias("preferred_model"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("rebased_at"),
        pl.lit(BASELINE).alias("baseline_weeks"),
        pl.lit(False).alias("is_maturing"),
        pl.lit(None, pl.String).alias("holidays"),
    )
    series = series_of(rows, starts[-1] + timedelta(weeks=1))
    if series is None:
        raise ValueError("a fleet without a mature week")
    return stats.detect(series.counts)


def _sizes(rng: np.random.Generator, shape: tuple[int, ...]) -> Counts:
    return np.maximum(np.rint(rng.lognormal(np.log(15) - 0.5, 1.0, shape)), 1).astype(np.int64)


def _events(rng: np.random.Generator, n: Counts, rate: Any, icc: float) -> Counts:
    if icc == 0:
        return rng.binomial(n, rate)
    spread = 1 / icc - 1
    return rng.binomial(n, rng.beta(spread * np.broadcast_to(rate, n.shape), spread * (1 - np.asarray(rate)), n.shape))


def _cluster_sums(n: Counts, x: Counts) -> stats.ClusterSums:
    parts = (n, n**2, n**3, x, x**2, x * n)
    return stats.ClusterSums(*(part.sum(axis=1).astype(np.float64) for part in parts))


def _correlation(sums: stats.ClusterSums, clusters: int) -> float:
    found = stats.interval_icc(sums) if clusters >= FEWEST_CLUSTERS else None
    return stats.DEFAULT_ICC if found is None else found


def _restricted_mean(median: float, sigma: float, horizon: float) -> float:
    from scipy.stats import norm

    z = (np.log(horizon) - np.log(median)) / sigma
    below = median * np.exp(sigma**2 / 2) * norm.cdf(z - sigma)
    return float(below + horizon * norm.sf(z))


def main() -> int:
    """Print the table; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2, help="same seed, same table")
    parser.add_argument("--share", type=float, default=1.0, help="share of the usual repetitions")
    asked = parser.parse_args()
    print("| promise | bar | measured | repetitions | kept |\n|---|---|---|---|---|")
    is_kept = True
    for finding in findings(asked.seed, asked.share):
        print(finding.row(), flush=True)
        is_kept = is_kept and finding.is_kept
    return 0 if is_kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
