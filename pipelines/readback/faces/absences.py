"""Figures as a face asks for them, with a row that explains itself where there was nothing to count.

A workflow without an episode has no recovery time to publish; whoever asks for it is told so, with the counts of that
workflow, and under a filter with what the filter leaves out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from readback.contracts.vocabulary import Dimension, MetricLane, MetricStatus
from readback.faces import asked, questions
from readback.faces.figures import COMPANIONS, HEADLINES
from readback.metrics.absence import Seen, explain, units
from readback.metrics.definitions import definitions
from readback.metrics.needs import watched_kinds
from readback.store import Connection

SHOWN = [*HEADLINES, *COMPANIONS.values(), "policy_conformance_rate"]
"""Figures of which the page of a workflow says why they are absent."""

_ALL = (Dimension.ALL.value, "*")
_NOTHING = Seen(outcomes=None)


def figures(
    con: Connection,
    metrics: Sequence[str],
    grain: str,
    start: datetime,
    dimension: str = "all",
    member: str = "*",
    is_filter: bool = False,
) -> pl.DataFrame:
    """Rows of `metric_values` of one period and member, all lanes together; every metric has one.

    Where the member is a filter in force, an absent figure also tells how much of it the filter leaves out.
    """
    told = questions.figures(con, metrics, grain, start, dimension, member)
    if (dimension, member) == _ALL:
        return told
    whole = questions.figures(con, metrics, grain, start)
    wanted = [(metric, member) for metric in metrics]
    filled = _filled(con, told, whole, wanted, dimension)
    return _beyond(filled, whole, dimension) if is_filter else filled


def of_members(
    con: Connection, metrics: Sequence[str], grain: str, start: datetime, dimension: str = "workflow"
) -> pl.DataFrame:
    """The same of every member that has a figure in the period, by member and metric."""
    told = questions.of_members(con, metrics, grain, start, dimension)
    whole = questions.figures(con, metrics, grain, start)
    members = told["member"].unique().sort().to_list()
    filled = _filled(con, told, whole, [(metric, member) for member in members for metric in metrics], dimension)
    return filled.sort("member", maintain_order=True)


def absent(frame: pl.DataFrame) -> pl.DataFrame:
    """`member`, `metric`, `explanation` of the figures that may not be read."""
    is_absent = pl.col("status") != MetricStatus.OK.value
    return frame.filter(is_absent).drop_nulls("explanation").select("member", "metric", "explanation")


def traffic(con: Connection, grain: str, start: datetime, dimension: str) -> dict[str, Seen]:
    """Requests of each member of a dimension in one period, and how many of them fell back."""
    sql = """
        select member,
            max(case when metric = 'continuity_rate' then denominator / nullif(coverage, 0) end) as requests,
            max(case when metric = 'fallback_frequency' then denominator end) as told,
            max(case when metric = 'fallback_frequency' then numerator end) as fallbacks
        from metric_values
        where metric in ('continuity_rate', 'fallback_frequency') and lane = 'all'
          and grain = $grain and period_start = $start and dimension = $dimension
        group by member
    """
    rows = asked.frame(con, sql, grain=grain, start=start, dimension=dimension).iter_rows()
    return {
        member: Seen(requests=max(requests or 0, told or 0), told=told or 0, fallbacks=fallbacks or 0, outcomes=None)
        for member, requests, told, fallbacks in rows
    }


def _filled(
    con: Connection, told: pl.DataFrame, whole: pl.DataFrame, wanted: Iterable[tuple[str, str]], dimension: str
) -> pl.DataFrame:
    """The rows, and one for every metric and member that is wanted and has none."""
    known = set(told.select("metric", "member").iter_rows())
    headlines = {row["metric"]: row for row in whole.to_dicts()}
    missing = [
        (metric, member)
        for metric, member in wanted
        if (metric, member) not in known and metric in headlines and dimension in definitions()[metric].dimensions
    ]
    if not missing:
        return told
    watched = watched_kinds(con)
    grain, start = whole.select("grain", "period_start").row(0)
    seen = traffic(con, grain, start, dimension)
    rows = [
        _row(headlines[metric], _is_reported(headlines[metric], watched), dimension, member, seen.get(member, _NOTHING))
        for metric, member in missing
    ]
    return pl.concat([told, pl.DataFrame(rows, schema=told.schema, orient="row")])


def _is_reported(headline: Mapping[str, Any], watched: frozenset[str]) -> bool:
    """Whether anything that was read or watched can tell the metric; if so, there was just nothing of this member."""
    outcome = definitions()[headline["metric"]].outcome
    return outcome.value in watched if outcome else headline["status"] != MetricStatus.NOT_REPORTED.value


def _row(headline: Mapping[str, Any], is_reported: bool, dimension: str, member: str, seen: Seen) -> dict[str, Any]:
    """A row that holds nothing but why."""
    status = MetricStatus.NO_DATA if is_reported else MetricStatus.NOT_REPORTED
    absence, why = explain(definitions()[headline["metric"]], status, seen, 0)
    kept = {name: headline[name] for name in ("metric", "unit", "grain", "period_start", "definition_version", "as_of")}
    of_member = {"dimension": dimension, "member": member, "lane": MetricLane.ALL.value}
    told = {"status": status.value, "absence": absence.value, "explanation": why}
    return dict.fromkeys(headline, None) | kept | of_member | told


def _beyond(told: pl.DataFrame, whole: pl.DataFrame, dimension: str) -> pl.DataFrame:
    """Absent figures with how many units other members have, which the filter leaves out."""
    of_all = dict(whole.select("metric", "denominator").iter_rows())
    rows = told.to_dicts()
    for row in rows:
        left_out = round((of_all[row["metric"]] or 0) - (row["denominator"] or 0))
        if row["explanation"] and left_out > 0:
            what = units(definitions()[row["metric"]])
            row["explanation"] += f" Filtered out: {left_out:,} {what} of every other {dimension.replace('_', ' ')}."
    return pl.DataFrame(rows, schema=told.schema, orient="row")
