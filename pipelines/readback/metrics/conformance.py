"""Verdicts by class and week, with exact limits of the share that breached the policy."""

import polars as pl

from readback import store
from readback.settings import Settings
from readback.stats import clopper_pearson


def conformance_weeks(con: store.Connection, settings: Settings) -> pl.DataFrame:
    """`conformance_weeks`, the newest week first.

    The share is of the fallbacks, and of the requests that failed without one, that can be judged; NULL where none can.
    The limits are exact (Clopper-Pearson, two-sided 95%): they hold for the few events of one week.
    """
    project = settings.project
    bound = {"timezone": project.timezone, "shift_days": -1 if project.week_starts == "sunday" else 0}
    frame: pl.DataFrame = store.query(con, store.model("marts/conformance_weeks"), bound).pl()
    limits = clopper_pearson(frame["breaches"].to_numpy(), frame["judged"].to_numpy())
    shares: dict[str, pl.Expr | pl.Series] = {
        "breach_fraction": pl.col("breaches") / pl.col("judged"),
        "breach_fraction_low": pl.Series(limits.low, dtype=pl.Float64),
        "breach_fraction_high": pl.Series(limits.high, dtype=pl.Float64),
    }
    is_told = pl.col("judged") > 0
    return frame.with_columns(pl.when(is_told).then(share).alias(name) for name, share in shares.items())
