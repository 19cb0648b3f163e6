"""What a substitute does to outcomes: fallback minus preferred, compared only within like circumstances.

Strata and clusters come from `models/marts/effect_clusters.sql`; the estimator from `stats`. Here is which comparisons
are made, when one may be read, and what limits it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats, store
from readback.contracts import MetricEffect
from readback.contracts.vocabulary import Dimension, MetricStatus
from readback.metrics import estimation, rollup
from readback.metrics.definitions import definitions
from readback.settings import Settings
from readback.stats.estimate import Floats

COMPARED = {"rework_rate": "rework", "override_rate": "override", "downstream_error_rate": "downstream_error"}
"""Metrics of which the lanes are compared, and their name in `run_status`."""

FEWEST_EFFECTIVE_RUNS = 30
FEWEST_CLUSTERS = 8
FEWEST_EFFECTIVE_CLUSTERS = 5
FEWEST_EVENTS = 5
LEAST_OVERLAP = 0.5
"""A difference is shown only above these."""

WARN_UNMATCHED = 0.2
WARN_LABEL_GAP = 0.05
WARN_HARD_PROMPTS = 0.2

NO_BASELINE = "no comparable baseline"

Labels = dict[tuple[str, str, str], float]
"""Share of eligible runs that were observable, by metric, member of dimension workflow or `*`, and lane."""


@dataclass(frozen=True)
class Arms:
    """Clusters of both lanes for one comparison: arrays of one length."""

    is_fallback: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    cluster: NDArray[np.int64]
    n: Floats
    x: Floats
    episodes: int
    hard_prompt_share: float


def effect_rows(con: store.Connection, settings: Settings, as_of: datetime) -> list[MetricEffect]:
    """`metric_effects`: each outcome metric for all runs, for each workflow, and for each substitute."""
    model = store.model("marts/effect_clusters")
    clusters = rollup.fetch(con, model, {"week_offset": rollup.week_offset(settings)})
    labels = label_rates(con)
    return [
        _effect(metric, dimension, member, _arms(rows), labels, as_of)
        for metric in sorted(COMPARED.keys() & definitions().keys())
        for dimension, member, rows in _members(clusters.filter(pl.col("metric") == COMPARED[metric]))
    ]


def label_rates(con: store.Connection) -> Labels:
    """How much of each lane the outcome sources could see."""
    found = con.execute(
        """select metric, case when grouping(workflow) = 1 then '*' else coalesce(workflow, '(none)') end, lane,
            sum(observable) / nullif(sum(eligible), 0)
        from marts.metric_daily where list_contains($metrics, metric) and lane is not null
        group by grouping sets ((metric, lane), (metric, workflow, lane))""",
        {"metrics": list(COMPARED)},
    ).fetchall()
    return {(metric, member, lane): share for metric, member, lane, share in found if share is not None}


def _members(rows: pl.DataFrame) -> Iterator[tuple[Dimension, str, pl.DataFrame]]:
    """All runs; the runs of each workflow; the runs whose output a substitute gave against every preferred one."""
    yield Dimension.ALL, "*", rows
    named = rows.with_columns(pl.col("workflow").fill_null("(none)"))
    for (member,), part in named.sort("workflow").group_by("workflow", maintain_order=True):
        yield Dimension.WORKFLOW, str(member), part
    exposed = named.filter(pl.col("is_fallback") & pl.col("served_model").is_not_null())
    for (member,), part in exposed.sort("served_model").group_by("served_model", maintain_order=True):
        control = named.filter(~pl.col("is_fallback") & pl.col("stratum").is_in(part["stratum"].unique().implode()))
        yield Dimension.MODEL, str(member), pl.concat([part, control])


def _arms(rows: pl.DataFrame) -> Arms:
    exposed = rows.filter("is_fallback")
    runs = float(exposed["n"].sum())
    hard = float(exposed.filter("has_hard_prompts")["n"].sum())
    _, stratum = np.unique(rows["stratum"].to_numpy(), return_inverse=True)
    return Arms(
        is_fallback=rows["is_fallback"].to_numpy().astype(np.bool_),
        stratum=stratum.astype(np.int64),
        cluster=rows["cluster"].to_numpy().astype(np.int64),
        n=rows["n"].to_numpy().astype(np.float64),
        x=rows["x"].to_numpy().astype(np.float64),
        episodes=exposed.filter("has_episode")["episode"].n_unique(),
        hard_prompt_share=hard / runs if runs else 0.0,
    )


def _effect(
    metric: str, dimension: Dimension, member: str, arms: Arms, labels: Labels, as_of: datetime
) -> MetricEffect:
    exposed, control = arms.is_fallback, ~arms.is_fallback
    found = stats.mantel_haenszel_difference(_strata(arms), _clusters(arms, exposed), _clusters(arms, control))
    status = _status(arms, found)
    is_ok = status is MetricStatus.OK
    return MetricEffect(
        metric=metric,
        dimension=dimension,
        member=member,
        estimate=found.difference if is_ok else None,
        low=found.low if is_ok else None,
        high=found.high if is_ok else None,
        crude_estimate=found.crude,
        strata=found.strata,
        episodes=arms.episodes,
        n_fallback=round(arms.n[exposed].sum()),
        n_preferred=round(arms.n[control].sum()),
        events_fallback=round(arms.x[exposed].sum()),
        events_preferred=round(arms.x[control].sum()),
        overlap=found.overlap,
        e_value=found.e_value if is_ok else None,
        status=status,
        warning="; ".join(_warnings(metric, dimension, member, arms, found, labels)) or None,
        as_of=as_of,
    )


def _strata(arms: Arms) -> stats.Strata:
    count = int(arms.stratum.max()) + 1 if arms.stratum.size else 0

    def totals(chosen: NDArray[np.bool_], numbers: Floats) -> Floats:
        return np.bincount(arms.stratum[chosen], weights=numbers[chosen], minlength=count).astype(np.float64)

    exposed, control = arms.is_fallback, ~arms.is_fallback
    return stats.Strata(
        x1=totals(exposed, arms.x), n1=totals(exposed, arms.n), x0=totals(control, arms.x), n0=totals(control, arms.n)
    )


def _clusters(arms: Arms, chosen: NDArray[np.bool_]) -> stats.Clusters:
    return stats.Clusters(arms.stratum[chosen], arms.x[chosen], arms.n[chosen], arms.cluster[chosen])


def _status(arms: Arms, found: stats.AdjustedDifference) -> MetricStatus:
    if not arms.n[arms.is_fallback].sum() or not arms.n[~arms.is_fallback].sum() or found.strata == 0:
        return MetricStatus.NO_DATA
    is_enough = (
        effective_runs(arms) >= FEWEST_EFFECTIVE_RUNS
        and (found.clusters or 0) >= FEWEST_CLUSTERS
        and (found.g or 0.0) >= FEWEST_EFFECTIVE_CLUSTERS
        and found.events >= FEWEST_EVENTS
        and (found.overlap or 0.0) >= LEAST_OVERLAP
        and found.low is not None
    )
    return MetricStatus.OK if is_enough else MetricStatus.TOO_FEW


def effective_runs(arms: Arms) -> float:
    """Independent runs that the fallback runs are worth, given that those of an episode are alike."""
    exposed = arms.is_fallback
    _, owner = np.unique(arms.cluster[exposed], return_inverse=True)
    n, x = (np.bincount(owner, weights=numbers[exposed]) for numbers in (arms.n, arms.x))
    sums = stats.ClusterSums(*([float(part.sum())] for part in (n, n**2, n**3, x, x**2, x * n)))
    pooled = stats.pooled_icc(sums) if n.size >= estimation.FEWEST_CLUSTERS else None
    icc = stats.DEFAULT_ICC if pooled is None else pooled
    return float(stats.effective_n(n.sum(), (n**2).sum(), icc))


def _warnings(
    metric: str, dimension: Dimension, member: str, arms: Arms, found: stats.AdjustedDifference, labels: Labels
) -> Iterator[str]:
    if found.strata == 0 and arms.n[arms.is_fallback].sum():
        yield NO_BASELINE
    elif found.overlap is not None and 1 - found.overlap > WARN_UNMATCHED:
        yield f"{1 - found.overlap:.0%} of the fallback runs have no comparable preferred run and are left out"
    scope = member if dimension is Dimension.WORKFLOW else "*"
    seen, usual = labels.get((metric, scope, "fallback")), labels.get((metric, scope, "preferred"))
    if seen is not None and usual is not None and abs(seen - usual) > WARN_LABEL_GAP:
        yield f"outcomes were observable for {seen:.0%} of fallback and {usual:.0%} of preferred runs"
    if arms.hard_prompt_share > WARN_HARD_PROMPTS:
        yield f"descriptive only: {arms.hard_prompt_share:.0%} of the fallbacks had a cause that selects hard prompts"
