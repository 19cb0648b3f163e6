"""The two lanes of one comparison: which rows are compared, and as which strata and clusters.

Rows come from SQL, one per stratum and cluster; what is estimated from them belongs to `effects` and `amounts`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats
from readback.contracts.vocabulary import Dimension
from readback.stats.estimate import Floats

HARD_PROMPTS = 0.2
"""Share of fallbacks whose cause selects hard prompts above which a comparison only describes."""


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
    differs_by_review_mode: bool = False
    """The lanes meet in no stratum only because their runs were reviewed for different reasons."""
    cut_exposed: int = 0
    """Fallbacks whose time was cut off; of latency only."""
    cut_control: int = 0


def members(rows: pl.DataFrame) -> Iterator[tuple[Dimension, str, pl.DataFrame]]:
    """All runs; the runs of each workflow; the runs whose output a substitute gave against every preferred one."""
    yield Dimension.ALL, "*", rows
    named = rows.with_columns(pl.col("workflow").fill_null("(none)"))
    for (member,), part in named.sort("workflow").group_by("workflow", maintain_order=True):
        yield Dimension.WORKFLOW, str(member), part
    exposed = named.filter(pl.col("is_fallback") & pl.col("served_model").is_not_null())
    for (member,), part in exposed.sort("served_model").group_by("served_model", maintain_order=True):
        control = named.filter(~pl.col("is_fallback") & pl.col("stratum").is_in(part["stratum"].unique().implode()))
        yield Dimension.MODEL, str(member), pl.concat([part, control])


def class_members(rows: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """For each class and substitute: the runs whose output it gave there, against preferred ones of the same strata."""
    exposed = rows.filter(pl.col("is_fallback") & pl.col("served_model").is_not_null())
    named = exposed.filter(pl.col("workflow_class").is_not_null()).sort("workflow_class", "served_model")
    for (workflow_class, model), part in named.group_by("workflow_class", "served_model", maintain_order=True):
        control = rows.filter(~pl.col("is_fallback") & pl.col("stratum").is_in(part["stratum"].unique().implode()))
        yield str(workflow_class), str(model), pl.concat([part, control])


def arms_of(rows: pl.DataFrame) -> Arms:
    """Both lanes of a comparison as arrays; strata are numbered anew from 0."""
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
        differs_by_review_mode="any_mode" in rows.columns and _meet(rows, "any_mode") and not _meet(rows, "stratum"),
        cut_exposed=_cut(exposed),
        cut_control=_cut(rows.filter(~pl.col("is_fallback"))),
    )


def _cut(rows: pl.DataFrame) -> int:
    return round(float(rows["cut"].sum())) if "cut" in rows.columns else 0


def strata_of(arms: Arms) -> stats.Strata:
    """Sums of both lanes per stratum, the fallbacks as the exposed."""
    count = int(arms.stratum.max()) + 1 if arms.stratum.size else 0

    def totals(chosen: NDArray[np.bool_], numbers: Floats) -> Floats:
        return np.bincount(arms.stratum[chosen], weights=numbers[chosen], minlength=count).astype(np.float64)

    exposed, control = arms.is_fallback, ~arms.is_fallback
    return stats.Strata(
        x1=totals(exposed, arms.x), n1=totals(exposed, arms.n), x0=totals(control, arms.x), n0=totals(control, arms.n)
    )


def clusters_of(arms: Arms, chosen: NDArray[np.bool_]) -> stats.Clusters:
    """Sums per cluster of the chosen lane."""
    return stats.Clusters(arms.stratum[chosen], arms.x[chosen], arms.n[chosen], arms.cluster[chosen])


def _meet(rows: pl.DataFrame, column: str) -> bool:
    lanes = rows.group_by(column).agg(pl.col("is_fallback").n_unique().alias("lanes"))
    return bool((lanes["lanes"] > 1).any())
