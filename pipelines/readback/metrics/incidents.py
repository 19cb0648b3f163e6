"""How long providers took to resolve what they declared: the survival code of the episodes, on incidents.

Declared windows are written late and by hand: context for the recovery metrics, never one of them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from readback import stats, store
from readback.metrics import rollup

HORIZON_S = 24 * 3600.0
"""How far ahead the restricted mean looks."""

SHARES_S = {"resolved_within_15m": 900.0, "resolved_within_60m": 3600.0, "resolved_within_240m": 14400.0}


def incident_recovery(con: store.Connection, as_of: datetime) -> pl.DataFrame:
    """One row per provider and component, before them one per provider: times from the first stage to resolved.

    Columns: `provider, component` (`*` all of a provider, `(none)` where an incident names none), `incidents`,
    `out_of_order` (excluded: stages out of order, or none before the end), `unresolved` (censored at `as_of`),
    `median_s`, `p90_s` and `mean_24h_s` with `_low` and `_high`, and the shares resolved in time. NULL: not reached,
    or too few to say.
    """
    rows = rollup.fetch(con, store.model("marts/incident_components"), {"as_of": as_of})
    return pl.DataFrame(list(_summaries(rows)), infer_schema_length=None) if rows.height else pl.DataFrame()


def _summaries(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for (provider,), told in rows.sort("provider").group_by("provider", maintain_order=True):
        yield {"provider": provider, "component": "*"} | _summary(told.unique("incident_id", maintain_order=True))
        named = told.with_columns(pl.col("component").fill_null("(none)")).sort("component")
        for (component,), part in named.group_by("component", maintain_order=True):
            yield {"provider": provider, "component": component} | _summary(part)


def _summary(rows: pl.DataFrame) -> dict[str, Any]:
    usable = rows.filter("is_usable")
    durations, resolved = usable["duration_s"].to_numpy().astype(np.float64), usable["is_recovered"].to_numpy()
    curve = stats.kaplan_meier(durations, resolved)
    told: dict[str, Any] = {
        "incidents": rows.height,
        "out_of_order": rows.height - usable.height,
        "unresolved": int((~resolved).sum()),
    }
    figures = {
        "median_s": stats.survival_median(curve),
        "p90_s": stats.survival_quantile(curve, 0.9),
        "mean_24h_s": stats.rmst(durations, resolved, HORIZON_S),
    }
    for name, found in figures.items():
        told |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
    return told | {name: stats.share_within(durations, resolved, limit).value for name, limit in SHARES_S.items()}
