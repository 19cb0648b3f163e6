"""What each table and column means, beside the statement that is being written."""

import polars as pl
import streamlit as st

from readback.faces import board, questions
from readback.faces.board import Board


def browser(view: Board) -> None:
    """The columns of one table, which is kept in the address."""
    columns = view.ask(questions.dictionary)
    tables = columns["table_name"].unique(maintain_order=True).to_list()
    table = board.choose("Table", "table", tables, tables[0], str)
    found = columns.filter(pl.col("table_name") == table)
    st.caption(str(found["table_description"][0]))
    narrow = st.column_config.TextColumn("Type", width=90)
    board.table(found, {"column_name": "Column", "sql_type": "Type", "description": "Meaning"}, sql_type=narrow)
