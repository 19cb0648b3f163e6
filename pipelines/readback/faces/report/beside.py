"""What happened beside the figures: numbered on the time axes of a report, and told in words."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from readback.contracts.vocabulary import Grain
from readback.faces import annotations, figures, questions
from readback.faces.charts import INCIDENT, legible
from readback.faces.inert import plain
from readback.faces.period import Span
from readback.faces.report.subject import Subject

PERIODS = 13
_LEAST = 3
_WEEK = timedelta(days=7)
_NARROWEST = 0.035
"""Share of a time axis within which two numbers would touch."""
_MOST_TOLD = 5
_MOST_DECLARED = 40


def history(view: Subject) -> pl.DataFrame:
    """The first of the five metrics over the latest periods; over whole weeks where there are too few periods yet."""
    metric = figures.HEADLINES[0]
    found = questions.trend(view.con, metric, view.period.grain.value, until=view.period.start, limit=PERIODS)
    if found["value"].drop_nulls().len() >= _LEAST:
        return found
    return questions.trend(view.con, metric, Grain.WEEK.value, until=view.seen.end - _WEEK, limit=PERIODS)


def annotated(view: Subject) -> pl.DataFrame:
    """Rows of `annotations` since the history's first period, with `number`: 1 for the first change or note.

    Incidents are too many for numbers: NULL.
    """
    first = history(view)["period_start"].min()
    since = min(view.before.start, first) if isinstance(first, datetime) else view.before.start
    found = annotations.annotations(view.con, Span(since, view.seen.end), view.own_notes)
    is_change = pl.col("kind") != INCIDENT
    return found.with_columns(number=pl.when(is_change).then(is_change.cum_sum()))


def within(found: pl.DataFrame, span: Span) -> pl.DataFrame:
    """The rows that touch a stretch of time."""
    return found.filter((pl.col("at") < span.end) & (pl.coalesce("until", "at") >= span.start))


def drawn(found: pl.DataFrame, span: Span) -> pl.DataFrame:
    """The rows as a chart over that stretch of time draws them: numbers that would touch become one."""
    return legible(found, _NARROWEST * (span.end - span.start))


def told(view: Subject, found: pl.DataFrame) -> str:
    """Numbers and what they stand for, the latest of many; '' where nothing was changed or noted."""
    rows = found.filter(pl.col("number").is_not_null()).to_dicts()
    more = f"; {len(rows) - _MOST_TOLD} more in the appendix" if len(rows) > _MOST_TOLD else ""
    said = [f"{row['number']}: {_day(view, row['at'])}, {plain(row['what'], 90)}" for row in rows[-_MOST_TOLD:]]
    return f" {'; '.join(said)}{more}." if said else ""


def beside(view: Subject) -> dict[str, Any]:
    """Rows of text: every change and note with its number, and what providers declared in the period."""
    found = annotated(view)
    changes = found.filter(pl.col("number").is_not_null()).to_dicts()
    incidents = questions.incidents(view.con, view.period.span).sort("started_at").to_dicts()
    return {
        "noted": [[str(row["number"]), _moment(row["at"]), row["kind"], plain(row["what"], 200)] for row in changes],
        "declared": [_declared(row) for row in incidents[-_MOST_DECLARED:]],
        "declared_left_out": max(0, len(incidents) - _MOST_DECLARED),
    }


def _declared(row: dict[str, Any]) -> list[str]:
    title = plain(row["title"] or "untitled", 120)
    ended = _moment(row["resolved_at"]) if row["resolved_at"] else "not declared"
    return [_moment(row["started_at"]), ended, plain(row["provider"], 40), title, plain(row["impact"] or "", 30)]


def _day(view: Subject, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(view.period.zone))
    return f"{local:%-d %b}" if view.period.start <= at < view.period.end else f"{local:%-d %b %Y}"


def _moment(at: datetime) -> str:
    return f"{at:%-d %b %Y %H:%M}"
