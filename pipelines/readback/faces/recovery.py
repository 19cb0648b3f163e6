"""What stands beside the figures of recovery: against the period before, and under another rule of episodes.

Asks the published marts, and words the answers; every face says it in these words.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from readback.contracts.vocabulary import RuleParameter
from readback.faces import asked, figures
from readback.store import Connection

DEPENDENT_FROM = 2.0
"""A median that another rule moves by this factor, up or down, depends on the definition."""

TRIED = {
    "rule": "Rule",
    "episodes": "Episodes",
    "recoveries": "Recovered",
    "blips": "Blips",
    "off": "Off for",
    "median": "Median",
    "ratio": "Of declared",
}
"""Columns of the rules tried, and their names."""

_LEAST_P = 0.001

_PARAMETERS = {
    RuleParameter.DECLARED: "as declared",
    RuleParameter.OPEN_COUNT: "opens at {}",
    RuleParameter.GAP: "a gap of {} ends it",
    RuleParameter.CLOSE_COUNT: "closes after {}",
    RuleParameter.HYSTERESIS: "within {} it flaps",
}
_COUNTS = {RuleParameter.OPEN_COUNT: "fallback", RuleParameter.CLOSE_COUNT: "answer"}


def comparison(con: Connection, grain: str, start: datetime, dimension: str = "all", member: str = "*") -> pl.DataFrame:
    """One period's recovery against that of the period before; empty where no log reaches into that one."""
    sql = """
        select * from recovery_comparisons
        where grain = $grain and period_start = $start and dimension = $dimension and member = $member
    """
    return asked.frame(con, sql, grain=grain, start=start, dimension=dimension, member=member)


def class_comparisons(con: Connection, grain: str, start: datetime) -> pl.DataFrame:
    """The same of all episodes, then of every class that had one in either period."""
    sql = """
        select * from recovery_comparisons
        where grain = $grain and period_start = $start and dimension in ('all', 'workflow_class')
        order by dimension <> 'all', member = '(none)', member limit 200
    """
    return asked.frame(con, sql, grain=grain, start=start)


def sensitivity(con: Connection, at: datetime) -> pl.DataFrame:
    """A month's recovery under every rule tried, the rule in force first; of the month that a time lies in."""
    sql = """
        select * from recovery_sensitivity
        where period_start = (select max(period_start) from recovery_sensitivity where period_start <= $at)
        order by list_position(['declared', 'open_count', 'gap', 'close_count', 'hysteresis'], parameter), setting
    """
    return asked.frame(con, sql, at=at)


def against_before(row: Mapping[str, Any] | None, name: str) -> str:
    """One comparison in a sentence; `name` is that of the period before.

    >>> against_before(None, "September 2026")
    'No log reaches into September 2026.'
    """
    if row is None:
        return f"No log reaches into {name}."
    if row["difference_s"] is None and row["p_value"] is None:
        return f"Against {name}: {row['reason']}."
    difference = _difference(row)
    told = [part for part in (difference and f"mean within 4 h {difference}", _test(row)) if part]
    why = f"; {row['reason']}" if row["reason"] else ""
    return f"Against {name}: {'; '.join(told)} ({row['episodes']:,} and {row['previous_episodes']:,} episodes){why}."


def compared_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """One comparison as the cells of a table."""
    return {
        "episodes": f"{row['episodes']:,}",
        "before": f"{row['previous_episodes']:,}",
        "difference": _difference(row) or figures.DASH,
        "test": _test(row) or figures.DASH,
        "reason": row["reason"] or "",
    }


def tried_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """One rule tried, as the cells of a table."""
    ratio = row["median_ratio"]
    return {
        "rule": rule(row),
        "episodes": f"{row['episodes']:,}",
        "recoveries": f"{row['recoveries']:,}",
        "blips": f"{row['blips']:,}",
        "off": figures.amount(row["off_minutes"], "minutes"),
        "median": _median(row),
        "ratio": figures.DASH if ratio is None else f"× {ratio:.2f}",
    }


def tried(rows: pl.DataFrame) -> pl.DataFrame:
    """Every rule tried, as a frame of text."""
    return pl.DataFrame([tried_cells(row) for row in rows.to_dicts()], schema=dict.fromkeys(TRIED, pl.String))


def rule(row: Mapping[str, Any]) -> str:
    """Which key of the rule is another, in words."""
    parameter = RuleParameter(row["parameter"])
    if row["setting"] is None:
        return _PARAMETERS[parameter]
    counted = _COUNTS.get(parameter)
    setting = figures.counted(int(row["setting"]), counted) if counted else figures.duration(row["setting"])
    return _PARAMETERS[parameter].format(setting)


def dependence(rows: pl.DataFrame) -> str:
    """Whether the median depends on when an episode ends, in a sentence.

    How many fallbacks open one is left aside: with every blip an episode, most of them last for seconds.
    """
    others = (RuleParameter.GAP, RuleParameter.CLOSE_COUNT, RuleParameter.HYSTERESIS)
    ratios = rows.filter(pl.col("parameter").is_in(others))["median_ratio"].drop_nulls()
    if ratios.is_empty():
        return "Too few episodes to say what the median owes to when an episode ends."
    low, high = float(str(ratios.min())), float(str(ratios.max()))
    span = f"between × {low:.2f} and × {high:.2f} of what the rule in force gives"
    if low < 1 / DEPENDENT_FROM or high > DEPENDENT_FROM:
        return f"The median is definition-dependent: other rules of when an episode ends put it {span}."
    return f"Other rules of when an episode ends put the median {span}."


def _difference(row: Mapping[str, Any]) -> str:
    if row["difference_s"] is None:
        return ""
    told = _signed(row["difference_s"])
    return told if row["low"] is None else f"{told} ({_signed(row['low'])} to {_signed(row['high'])})"


def _test(row: Mapping[str, Any]) -> str:
    p = row["p_value"]
    if p is None:
        return ""
    return f"log-rank p {'< 0.001' if p < _LEAST_P else f'= {p:.3f}'}"


def _median(row: Mapping[str, Any]) -> str:
    if row["status"] != "ok":
        return "too few to say" if row["status"] == "too_few" else "no data"
    if row["median_s"] is None:
        return "not reached"
    ends = [figures.DASH if end is None else figures.duration(end) for end in (row["low"], row["high"])]
    high = ends[1] if row["high"] is not None else "not reached"
    return f"{figures.duration(row['median_s'])} ({ends[0]} to {high})"


def _signed(seconds: float) -> str:
    return ("−" if seconds < 0 else "+") + figures.duration(abs(seconds))
