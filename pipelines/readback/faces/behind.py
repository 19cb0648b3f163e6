"""The SQL that shows the rows behind what is on screen, as a reader would write it: `sql?statement=` runs it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from readback.contracts.ddl import literal
from readback.cookbook import shipped_questions
from readback.faces.period import Span

_OUTCOMES = {"rework_rate": "rework", "override_rate": "override", "downstream_error_rate": "downstream_error"}
_EPISODES = ("recover", "open_episodes", "degraded")


def figure(metric: str, grain: str, start: datetime, dimension: str = "all", member: str = "*") -> str:
    """The published figure with everything needed to doubt it, all lanes."""
    where = {"metric": metric, "grain": grain, "dimension": dimension, "member": member}
    return _select("metric_values", equal(where), f"period_start = {_moment(start)}")


def rows(metric: str, span: Span, workflow: str | None = None) -> str:
    """The rows that a metric counts, for one workflow or all."""
    if metric in _OUTCOMES:
        status = equal({"metric": _OUTCOMES[metric], "status": "event"})
        return _select("run_status", status, _within("started_at", span), _of(workflow), order="started_at desc")
    return episodes(span, workflow) if metric.startswith(_EPISODES) else fallbacks(span, workflow)


def episodes(span: Span, workflow: str | None = None) -> str:
    """Episodes that touch a stretch of time."""
    until = f"coalesce(recovered_at, 'infinity') > {_moment(span.start)}"
    return _select("episodes", f"opened_at < {_moment(span.end)}", until, _of(workflow), order="opened_at desc")


def fallbacks(span: Span, workflow: str | None = None, extra: str = "") -> str:
    """Fallbacks of a stretch of time, one by one; `extra` narrows them."""
    return _select("fallback_events", extra, _within("occurred_at", span), _of(workflow), order="occurred_at desc")


def question(name: str) -> str:
    """The SQL of a question that ships, with the values that its parameters begin with."""
    (asked,) = (each for each in shipped_questions() if each.name == name)
    sql = asked.sql
    for parameter, value in asked.parameters.items():
        sql = sql.replace(f"${parameter}", literal(value) if isinstance(value, str) else str(value))
    return sql


def table(name: str, where: Mapping[str, str | bool | None] | None = None, order: str = "") -> str:
    """Rows of a table whose columns equal the values given; those that are None ask nothing."""
    return _select(name, equal(where or {}), order=order)


def equal(values: Mapping[str, str | bool | None]) -> str:
    """A condition that columns equal the values given; those that are None ask nothing."""
    return " and ".join(f"{name} = {_written(value)}" for name, value in values.items() if value is not None)


def _select(name: str, *conditions: str, order: str = "") -> str:
    wanted = [condition for condition in conditions if condition]
    where = "\nwhere " + "\n  and ".join(wanted) if wanted else ""
    return f"select *\nfrom {name}{where}" + (f"\norder by {order}" if order else "") + "\nlimit 1000"


def _of(workflow: str | None) -> str:
    return equal({"workflow": workflow})


def _within(column: str, span: Span) -> str:
    return f"{column} >= {_moment(span.start)} and {column} < {_moment(span.end)}"


def _written(value: str | bool) -> str:
    return literal(value) if isinstance(value, str) else str(value).lower()


def _moment(moment: datetime) -> str:
    return f"timestamptz '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"
