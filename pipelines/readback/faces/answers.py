"""The questions that the command line asks of the published database, beside those of the pages."""

import polars as pl

from readback.contracts import Alert, Recommendation
from readback.store import Connection, query


def imbalance(con: Connection) -> pl.DataFrame:
    """Files whose lines do not add up; empty when nothing was lost."""
    return query(
        con,
        """select path, lines, row_lines + duplicate_lines + ignored_lines + quarantined_lines as accounted
        from files where lines <> row_lines + duplicate_lines + ignored_lines + quarantined_lines order by path""",
    ).pl()


def refused(con: Connection) -> pl.DataFrame:
    """Files that were not read, with the reason."""
    return query(con, "select path, state, reason from files where state not in ('loaded', 'empty') order by path").pl()


def values(con: Connection, dimension: str, grain: str) -> pl.DataFrame:
    """Rows of `metric_values` of a dimension and grain."""
    return query(
        con,
        """select * from metric_values where dimension = $dimension and grain = $grain
        order by metric, period_start, member, lane""",
        {"dimension": dimension, "grain": grain},
    ).pl()


def alerts(con: Connection, *, open_only: bool = False) -> list[Alert]:
    """Alerts, the loudest and newest first."""
    rows = query(
        con,
        """select * from alerts where state = 'open' or not $open_only
        order by list_position(['open', 'acknowledged', 'resolved'], state),
            list_position(['page', 'ticket', 'watch'], tier), fired_at desc, alert_id""",
        {"open_only": open_only},
    ).pl()
    return [Alert.model_validate(row) for row in rows.to_dicts()]


def recommendations(con: Connection) -> list[Recommendation]:
    """Recommendations, the most certain first."""
    rows = query(
        con,
        """select * from recommendations
        order by list_position(['high', 'medium', 'low'], confidence), kind, workflow_class, workflow, recommendation_id""",
    ).pl()
    return [Recommendation.model_validate(row) for row in rows.to_dicts()]
