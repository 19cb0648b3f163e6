"""Which figures may still change by outcomes that arrive late: those of which a window ended not long enough ago."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl

from readback import store
from readback.contracts import MetricEffect
from readback.contracts.vocabulary import Absence, Dimension, Grain, MetricLane, MetricStatus
from readback.metrics import rollup
from readback.metrics.definitions import definitions

_EMPTY = (MetricStatus.NO_DATA.value, MetricStatus.NOT_REPORTED.value)
"""Of everything together, these explain themselves by the outcomes that occurred in their period, tied or not."""


def marked(con: store.Connection, figures: pl.DataFrame, zone: str, as_of: datetime, late_s: float) -> pl.DataFrame:
    """The figures with `is_maturing`: NULL of those that no outcome tells. Reads `periods`.

    Their `closes_at` is when the last window of their runs ended: the moment after which no outcome counts for
    them, far away while a source that watches them was not read so far. An outcome arrives within `late_s` seconds.
    """
    outcomes = [name for name, definition in definitions().items() if definition.outcome is not None]
    settled_at = as_of - timedelta(seconds=late_s)
    ends = rollup.fetch(con, store.model("marts/period_bounds"), {"timezone": zone})
    told = figures.join(
        ends.select("grain", "period_start", "ends_at"), on=["grain", "period_start"], how="left", maintain_order="left"
    )
    is_open = (pl.col("closes_at") > settled_at).fill_null(False)
    # A period of grain all has no end.
    is_headline = (pl.col("dimension") == Dimension.ALL.value) & (pl.col("lane") == MetricLane.ALL.value)
    has_counts = (is_headline & pl.col("status").is_in(_EMPTY)) | (pl.col("absence") == Absence.LINK_FAILED.value)
    is_counted = has_counts.fill_null(False) & (pl.col("ends_at") > settled_at).fill_null(True)
    mark = pl.when(pl.col("metric").is_in(outcomes)).then(is_open | is_counted)
    return told.with_columns(mark.alias("is_maturing")).drop("ends_at")


def marked_effects(rows: Iterable[MetricEffect], figures: pl.DataFrame) -> list[MetricEffect]:
    """The comparisons with `is_maturing`: that of the figure over all time; a substitute is held against all runs."""
    whole = figures.filter((pl.col("grain") == Grain.ALL.value) & (pl.col("lane") == MetricLane.ALL.value))
    whole = whole.filter(pl.col("dimension").is_in([Dimension.ALL.value, Dimension.WORKFLOW.value]))
    marks = dict(zip(whole.select("metric", "member").iter_rows(), whole["is_maturing"], strict=True))
    return [
        row.model_copy(
            update={"is_maturing": marks.get((row.metric, row.member if row.dimension is Dimension.WORKFLOW else "*"))}
        )
        for row in rows
    ]
