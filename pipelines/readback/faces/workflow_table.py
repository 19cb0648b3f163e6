"""One line per workflow, in words: class, risk, and its figures with their intervals."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from readback.contracts import MetricValue
from readback.faces import figures

METRICS = {
    "fallback_frequency": "Fallback frequency",
    "recovery_time_median_s": "Recovery, median",
    "rework_rate": "Rework",
    "policy_conformance_rate": "Policy conformance",
    "open_episodes": "Open",
}
NAMES = {
    "workflow": "Workflow",
    "class_id": "Class",
    "risk": "Risk",
    "trend": "Fallback trend",
    "fallback_frequency": "Fallback frequency",
    "recovery_time_median_s": "Recovery, median",
    "policy_conformance_rate": "Conformance",
    "rework_rate": "Rework",
    "effect": "Rework, substitute − preferred",
}
"""Columns in their order, and what people call them."""


def rows(values: pl.DataFrame, classes: pl.DataFrame, effects: pl.DataFrame, trends: pl.DataFrame) -> pl.DataFrame:
    """One row per workflow with figures, most fallbacks first, those without a figure last."""
    told: dict[str, dict[str, Any]] = {}
    shares: dict[str, float] = {}
    for figure in figures.values(values):
        told.setdefault(figure.member, {})[figure.metric] = _said(figure)
        if figure.metric == "fallback_frequency":
            shares[figure.member] = _share(figure)
    adjusted = {row["member"]: _effect(row) for row in effects.to_dicts()}
    lines = [{"workflow": name, **texts, "effect": adjusted.get(name)} for name, texts in told.items()]
    lines.sort(key=lambda line: (line["workflow"] == "(none)", -shares.get(line["workflow"], -1.0), line["workflow"]))
    schema = {"workflow": pl.String, **dict.fromkeys(METRICS, pl.String), "effect": pl.String}
    frame = pl.DataFrame(lines, schema=schema)
    with_class = frame.join(classes, on="workflow", how="left", maintain_order="left")
    trend = trends.select("member", trend=pl.col("values"))
    return with_class.join(trend, left_on="workflow", right_on="member", how="left", maintain_order="left")


def _said(figure: MetricValue) -> str:
    """The figure in a phrase; why there is none in the fewest words."""
    return (figures.withheld(figure) or "").partition(":")[0] or figures.with_interval(figure)


def _share(figure: MetricValue) -> float:
    return figure.value if figure.value is not None and not figures.withheld(figure) else -1.0


def _effect(row: Mapping[str, Any]) -> str:
    return figures.effect(row["status"], row["estimate"], row["low"], row["high"], row["n_fallback"])
