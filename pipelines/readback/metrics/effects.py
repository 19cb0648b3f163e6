"""What a substitute does to outcomes: fallback minus preferred, compared only within like circumstances.

Strata and clusters come from `models/marts/effect_clusters.sql`; the estimator from `stats`. Here is which comparisons
are made, when one may be read, and what limits it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from readback import stats, store
from readback.contracts import MetricEffect
from readback.contracts.vocabulary import Dimension, MetricStatus
from readback.metrics import correlation, rollup
from readback.metrics.arms import HARD_PROMPTS, Arms, arms_of, class_members, clusters_of, members, strata_of
from readback.metrics.definitions import definitions
from readback.settings import Settings
from readback.stats.estimate import Intervals, finite

COMPARED = {"rework_rate": "rework", "override_rate": "override", "downstream_error_rate": "downstream_error"}
"""Metrics of which the lanes are compared, and their name in `run_status`."""

FEWEST_EFFECTIVE_RUNS = 30
FEWEST_CLUSTERS = 8
FEWEST_EFFECTIVE_CLUSTERS = 5
FEWEST_EVENTS = 5
LEAST_OVERLAP = 0.5
"""A difference is shown only above these."""

FEWEST_TO_CALL_WORSE = 10
"""Effective episodes below which a difference is shown, and called neither better nor worse."""

WARN_UNMATCHED = 0.2
WARN_LABEL_GAP = 0.05
LEAST_SEEN = 0.5
"""Share of the outcomes of a lane below which the bounds that the unseen leave are to be read first."""

NO_BASELINE = "no comparable baseline"
REVIEW_MODES = ": fallback and preferred runs were reviewed for different reasons"

Labels = dict[tuple[str, str, str], float]
"""Share of eligible runs that were observable, by metric, member of dimension workflow or `*`, and lane."""


class Days(NamedTuple):
    """Local days of which the runs are compared, both inclusive; all of them where nothing is said."""

    since: date = date.min
    until: date = date.max


EVERY_DAY = Days()


def effect_rows(
    con: store.Connection, settings: Settings, as_of: datetime, days: Days = EVERY_DAY
) -> list[MetricEffect]:
    """`metric_effects`: each outcome metric for all runs, for each workflow, and for each substitute."""
    labels = label_rates(con)
    return [row for metric, rows in _clusters(con, settings, days) for row in _effects(metric, rows, labels, as_of)]


def class_effects(
    con: store.Connection, settings: Settings, as_of: datetime, days: Days = EVERY_DAY
) -> Iterator[tuple[str, str, MetricEffect]]:
    """Class, substitute and each outcome metric of that substitute in that class; `member` names both."""
    labels = label_rates(con)
    for metric, rows in _clusters(con, settings, days):
        for workflow_class, model, part in class_members(rows):
            arms, member = arms_of(part), f"{model} for {workflow_class}"
            yield workflow_class, model, _effect(metric, Dimension.MODEL, member, arms, _compare(arms), labels, as_of)


def _clusters(con: store.Connection, settings: Settings, days: Days) -> Iterator[tuple[str, pl.DataFrame]]:
    bound = {"week_offset": rollup.week_offset(settings)} | days._asdict()
    clusters = rollup.fetch(con, store.model("marts/effect_clusters"), bound)
    for metric in sorted(COMPARED.keys() & definitions().keys()):
        yield metric, clusters.filter(pl.col("metric") == COMPARED[metric])


def _effects(metric: str, clusters: pl.DataFrame, labels: Labels, as_of: datetime) -> Iterator[MetricEffect]:
    compared = [(dimension, member, arms_of(rows)) for dimension, member, rows in members(clusters)]
    found = [_compare(arms) for _, _, arms in compared]
    pairs = zip(compared, found, strict=True)
    workflows = [one for (dimension, _, _), one in pairs if dimension is Dimension.WORKFLOW]
    spread = heterogeneity([(one.difference, one.standard_error) for one in workflows])
    for (dimension, member, arms), one in zip(compared, found, strict=True):
        row = _effect(metric, dimension, member, arms, one, labels, as_of)
        yield row.model_copy(update={"heterogeneity_p": spread}) if dimension is Dimension.ALL else row


def heterogeneity(found: Sequence[tuple[float | None, float | None]]) -> float | None:
    """Chance of as much spread among the workflows' differences, given with their errors, from one effect."""
    known = [pair for pair in found if None not in pair]
    values, errors = np.array(known, dtype=np.float64).reshape(-1, 2).T
    return stats.cochran_q(values, errors).p_value


def _compare(arms: Arms) -> stats.AdjustedDifference:
    exposed = arms.is_fallback
    return stats.mantel_haenszel_difference(strata_of(arms), clusters_of(arms, exposed), clusters_of(arms, ~exposed))


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


def _effect(
    metric: str,
    dimension: Dimension,
    member: str,
    arms: Arms,
    found: stats.AdjustedDifference,
    labels: Labels,
    as_of: datetime,
) -> MetricEffect:
    exposed, control = arms.is_fallback, ~arms.is_fallback
    status = _status(arms, found)
    is_ok = status is MetricStatus.OK
    bounds = _unseen_bounds(metric, dimension, member, arms, labels)
    return MetricEffect(
        metric=metric,
        dimension=dimension,
        member=member,
        estimate=found.difference if is_ok else None,
        low=found.low if is_ok else None,
        high=found.high if is_ok else None,
        crude_estimate=found.crude,
        ratio=found.risk_ratio if is_ok else None,
        excess=times(found.difference, found.n1) if is_ok else None,
        excess_low=times(found.low, found.n1) if is_ok else None,
        excess_high=times(found.high, found.n1) if is_ok else None,
        bound_low=finite(bounds.low),
        bound_high=finite(bounds.high),
        detectable=_detectable(arms),
        strata=found.strata,
        episodes=arms.episodes,
        effective_episodes=finite(found.g) if found.g is not None else None,
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


def times(difference: float | None, rows: int) -> float | None:
    """What a difference per row comes to over the comparable fallbacks."""
    return None if difference is None else difference * rows


def _detectable(arms: Arms) -> float | None:
    n0, x0 = arms.n[~arms.is_fallback].sum(), arms.x[~arms.is_fallback].sum()
    rate = x0 / n0 if n0 else np.nan
    return finite(stats.minimum_detectable_difference(rate, effective_runs(arms), n0))


def _unseen_bounds(metric: str, dimension: Dimension, member: str, arms: Arms, labels: Labels) -> Intervals:
    """What the crude difference could be, given how many outcomes of each lane nobody could see."""
    scope = member if dimension is Dimension.WORKFLOW else "*"
    lanes = []
    for lane, chosen in (("fallback", arms.is_fallback), ("preferred", ~arms.is_fallback)):
        n, x = arms.n[chosen].sum(), arms.x[chosen].sum()
        seen = labels.get((metric, scope, lane), np.nan)
        lanes.append(stats.unseen_bounds(x, n, n / seen - n if seen > 0 and n > 0 else 0.0))
        if not (seen > 0 and n > 0):
            return Intervals(*(np.array(np.nan) for _ in range(3)))
    return stats.unseen_difference_bounds(*lanes)


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
    pooled = stats.pooled_icc(sums) if n.size >= correlation.FEWEST_CLUSTERS else None
    icc = stats.DEFAULT_ICC if pooled is None else pooled
    return float(stats.effective_n(n.sum(), (n**2).sum(), icc))


def _warnings(
    metric: str, dimension: Dimension, member: str, arms: Arms, found: stats.AdjustedDifference, labels: Labels
) -> Iterator[str]:
    if found.strata == 0 and arms.n[arms.is_fallback].sum():
        yield NO_BASELINE + (REVIEW_MODES if arms.differs_by_review_mode else "")
    elif found.overlap is not None and 1 - found.overlap > WARN_UNMATCHED:
        yield f"{1 - found.overlap:.0%} of the fallback runs have no comparable preferred run and are left out"
    if (found.g or 0.0) >= FEWEST_EFFECTIVE_CLUSTERS and (found.g or 0.0) < FEWEST_TO_CALL_WORSE:
        yield f"worth {found.g:.1f} episodes of one size: too few to call it better or worse"
    scope = member if dimension is Dimension.WORKFLOW else "*"
    seen, usual = labels.get((metric, scope, "fallback")), labels.get((metric, scope, "preferred"))
    if seen is not None and usual is not None and (abs(seen - usual) > WARN_LABEL_GAP or min(seen, usual) < LEAST_SEEN):
        yield f"outcomes were observable for {seen:.0%} of fallback and {usual:.0%} of preferred runs"
    if arms.hard_prompt_share > HARD_PROMPTS:
        yield f"descriptive only: {arms.hard_prompt_share:.0%} of the fallbacks had a cause that selects hard prompts"
