"""The questions that the command line asks of the published database, beside those of the pages."""

import polars as pl

from readback.contracts import Alert, Monitor, Notification, Recommendation
from readback.contracts.vocabulary import Dimension
from readback.faces import questions
from readback.faces.dispatches import Standing
from readback.store import Connection, model, query


def imbalance(con: Connection) -> pl.DataFrame:
    """Files whose lines do not add up; empty when nothing was lost."""
    return _frame(con, model("ledger/imbalance"))


def refused(con: Connection) -> pl.DataFrame:
    """Files that were not read, with the reason."""
    return _frame(con, "select path, state, reason from files where state not in ('loaded', 'empty') order by path")


def values(con: Connection, dimension: str, grain: str) -> pl.DataFrame:
    """Rows of `metric_values` of a dimension and grain."""
    return _frame(
        con,
        """select * from metric_values where dimension = $dimension and grain = $grain
        order by metric, period_start, member, lane""",
        {"dimension": dimension, "grain": grain},
    )


def bounded_values(con: Connection, grain: str) -> pl.DataFrame:
    """Rows of `metric_values` by workflow, each beside the bounds that requests without a workflow leave."""
    keys = ["metric", "grain", "period_start", "member", "lane"]
    found = values(con, Dimension.WORKFLOW.value, grain)
    return found.join(_frame(con, model("marts/workflow_bounds")), on=keys, how="left", maintain_order="left")


def alerts(con: Connection, *, open_only: bool = False) -> list[Alert]:
    """Alerts, unresolved first and the loudest of them first."""
    rows = questions.alerts(con).to_dicts()
    return [Alert.model_validate(row) for row in rows if row["state"] == "open" or not open_only]


def monitors(con: Connection) -> list[Monitor]:
    """What is watched for a rise, by metric and workflow."""
    return [Monitor.model_validate(row) for row in _frame(con, "select * from monitors order by all").to_dicts()]


def standing(con: Connection) -> Standing:
    """Messages by state, the dead ones, and the last look at the rules that came with a clock."""
    # The rules come with the arithmetic that judges them: whoever asks something else never waits for it.
    from readback.decisions import heartbeats

    counts = _frame(con, "select state, count(*) as messages from notifications group by state")
    dead = _frame(con, "select * from notifications where state = 'dead' order by created_at desc, notification_id")
    return Standing(
        dict(counts.iter_rows()),
        [Notification.model_validate(row) for row in dead.to_dicts()],
        heartbeats.last_evaluation(con),
    )


def recommendations(con: Connection) -> list[Recommendation]:
    """Recommendations, the most certain first."""
    return [Recommendation.model_validate(row) for row in questions.recommendations(con).to_dicts()]


def _frame(con: Connection, sql: str, parameters: dict[str, str] | None = None) -> pl.DataFrame:
    found: pl.DataFrame = query(con, sql, parameters).pl()
    return found
