"""What a column of a statement's rows holds: its values counted, and the statement narrowed to one of them, as SQL."""

from collections.abc import Callable

import polars as pl
import streamlit as st

from readback.contracts.ddl import literal
from readback.faces import board

MOST = 20


def chosen(statement: str, column: str, answer: Callable[[str], pl.DataFrame]) -> str | None:
    """Draw the values of a column; the statement narrowed to the one that was chosen, None before."""
    values = answer(counted(statement, column))
    taken = board.pick_row(values, {"value": column, "rows": "Rows", "row_fraction": "Share"}, f"of-{column}")
    st.caption(f"The {MOST} most frequent values. Choosing one narrows the statement to it.")
    return narrowed(statement, column, taken["value"]) if taken else None


def counted(statement: str, column: str) -> str:
    """The most frequent values of a column, as text, with how many rows hold each; `value` is NULL where it is absent.

    >>> print(counted("from episodes;", "state"))
    select cast("state" as varchar) as value, count(*) as rows, count(*) / sum(count(*)) over () as row_fraction
    from (
    from episodes
    )
    group by all order by rows desc, value limit 20
    """
    return (
        f"select cast({_name(column)} as varchar) as value, count(*) as rows, "
        "count(*) / sum(count(*)) over () as row_fraction\n"
        f"from (\n{_bare(statement)}\n)\ngroup by all order by rows desc, value limit {MOST}"
    )


def narrowed(statement: str, column: str, value: str | None) -> str:
    """The statement's rows with that value in a column.

    >>> print(narrowed("from episodes", "state", "it's open"))
    from (
    from episodes
    )
    where cast("state" as varchar) = 'it''s open'
    """
    holds = "is null" if value is None else f"= {literal(value)}"
    return f"from (\n{_bare(statement)}\n)\nwhere cast({_name(column)} as varchar) {holds}"


def _bare(statement: str) -> str:
    return statement.strip().rstrip(";").rstrip()


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
