"""What a substitute costs and how long it takes: fallback minus preferred, compared only within like circumstances.

Strata and clusters come from `models/marts/amount_clusters.sql`, of requests rather than runs. When a comparison may be
read is judged as in `effects`.
"""

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from readback import stats, store
from readback.contracts import MetricEffect
from readback.contracts.vocabulary import Dimension, MetricStatus
from readback.metrics import effects, rollup
from readback.metrics.arms import HARD_PROMPTS, Arms, arms_of, clusters_of, members, strata_of
from readback.settings import Settings
from readback.stats.estimate import finite

UNITS = {"cost_usd": "usd", "latency_ms": "ms"}
"""Amounts of which the lanes are compared, and their unit."""

_LATENCY = "latency_ms"
_SEED = 1
"""One set of resamples for all: the same figures draw the same ones, whatever else is computed beside them."""


def amount_rows(con: store.Connection, settings: Settings, as_of: datetime) -> list[MetricEffect]:
    """`metric_effects`: cost and latency for all requests, for each workflow, and for each substitute."""
    model = store.model("marts/amount_clusters")
    clusters = rollup.fetch(con, model, {"week_offset": rollup.week_offset(settings)})
    return [row for metric in UNITS for row in _amounts(metric, clusters.filter(pl.col("metric") == metric), as_of)]


def _amounts(metric: str, clusters: pl.DataFrame, as_of: datetime) -> Iterator[MetricEffect]:
    if clusters.is_empty():
        return
    compared = [(dimension, member, arms_of(rows)) for dimension, member, rows in members(clusters)]
    found = stats.stratified_mean_differences([_comparison(arms) for _, _, arms in compared], seed=_SEED)
    pairs = zip(compared, found, strict=True)
    workflows = [one for (dimension, _, _), one in pairs if dimension is Dimension.WORKFLOW]
    spread = effects.heterogeneity([(one.difference, one.standard_error) for one in workflows])
    for (dimension, member, arms), one in zip(compared, found, strict=True):
        yield _amount(metric, dimension, member, arms, one, spread if dimension is Dimension.ALL else None, as_of)


def _comparison(arms: Arms) -> stats.Comparison:
    return stats.Comparison(strata_of(arms), clusters_of(arms, arms.is_fallback), clusters_of(arms, ~arms.is_fallback))


def _amount(
    metric: str,
    dimension: Dimension,
    member: str,
    arms: Arms,
    found: stats.AdjustedMean,
    spread: float | None,
    as_of: datetime,
) -> MetricEffect:
    status = _status(arms, found)
    is_ok = status is MetricStatus.OK
    # What was cut off would have taken longer: nothing bounds the difference on the side of that lane.
    has_low, has_high = is_ok and not arms.cut_control, is_ok and not arms.cut_exposed
    return MetricEffect(
        metric=metric,
        unit=UNITS[metric],
        dimension=dimension,
        member=member,
        estimate=found.difference if is_ok else None,
        low=found.low if has_low else None,
        high=found.high if has_high else None,
        crude_estimate=found.crude,
        ratio=found.ratio.value if is_ok else None,
        ratio_low=found.ratio.low if has_low else None,
        ratio_high=found.ratio.high if has_high else None,
        excess=effects.times(found.difference, found.n1) if is_ok else None,
        excess_low=effects.times(found.low, found.n1) if has_low else None,
        excess_high=effects.times(found.high, found.n1) if has_high else None,
        heterogeneity_p=spread,
        strata=found.strata,
        episodes=arms.episodes,
        effective_episodes=finite(found.g),
        n_fallback=round(arms.n[arms.is_fallback].sum()),
        n_preferred=round(arms.n[~arms.is_fallback].sum()),
        events_fallback=None,
        events_preferred=None,
        cut_fallback=arms.cut_exposed if metric == _LATENCY else None,
        cut_preferred=arms.cut_control if metric == _LATENCY else None,
        overlap=found.overlap,
        e_value=None,
        status=status,
        warning="; ".join(_warnings(arms, found)) or None,
        as_of=as_of,
    )


def _status(arms: Arms, found: stats.AdjustedMean) -> MetricStatus:
    if found.strata == 0:
        return MetricStatus.NO_DATA
    is_enough = (
        found.n1 >= effects.FEWEST_EFFECTIVE_RUNS
        and found.clusters >= effects.FEWEST_CLUSTERS
        and found.g >= effects.FEWEST_EFFECTIVE_CLUSTERS
        and (found.overlap or 0.0) >= effects.LEAST_OVERLAP
        and found.low is not None
    )
    return MetricStatus.OK if is_enough else MetricStatus.TOO_FEW


def _warnings(arms: Arms, found: stats.AdjustedMean) -> Iterator[str]:
    if found.strata == 0 and arms.n[arms.is_fallback].sum():
        yield effects.NO_BASELINE
    elif found.overlap is not None and 1 - found.overlap > effects.WARN_UNMATCHED:
        yield f"{1 - found.overlap:.0%} of the fallbacks have no comparable preferred request and are left out"
    if arms.cut_exposed or arms.cut_control:
        yield _cut_off(arms)
    if arms.hard_prompt_share > HARD_PROMPTS:
        yield f"descriptive only: {arms.hard_prompt_share:.0%} of the fallbacks had a cause that selects hard prompts"


def _cut_off(arms: Arms) -> str:
    if arms.cut_exposed and arms.cut_control:
        counts = f"{arms.cut_exposed:,} fallbacks and {arms.cut_control:,} preferred requests"
        return f"{counts} were cut off: the difference is that of the times until then"
    word, count = ("at least", arms.cut_exposed) if arms.cut_exposed else ("at most", arms.cut_control)
    lane = "fallbacks" if arms.cut_exposed else "preferred requests"
    return f"{word} this much: {count:,} {lane} were cut off and would have taken longer"
