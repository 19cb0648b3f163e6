"""The analyst's desk in the browser: a statement of one's own, or a question that ships, and its rows to take away."""

import polars as pl
import streamlit as st

from readback import cookbook
from readback.errors import QueryError
from readback.faces import board, desk, dictionary, exhibit, facets

OWN = "A statement of my own"
NOTHING = "nothing"
SHOWN = 1_000

view = board.open_board()
board.title(view, "SQL", f"{board.name(view)} · read-only on this snapshot, without files, network or settings")

asked = {each.name: each for each in [*cookbook.shipped_questions(), *cookbook.saved_questions(view.project)]}
chosen = board.choose(
    "Question", "question", [OWN, *asked], OWN, lambda name: asked[name].ask if name in asked else name
)
question = asked.get(chosen)
if st.session_state.get("asked", chosen) != chosen:
    # What was written under another question is no part of this one.
    for name in [each for each in st.query_params if each == "statement" or each.startswith("p.")]:
        del st.query_params[name]
st.session_state["asked"] = chosen
first = question.sql if question else "select * from metric_values where grain = 'month' order by metric limit 100"
usual = st.query_params.get("statement") or first
if "narrowed" in st.session_state:
    st.session_state[f"sql-{chosen}"] = st.session_state.pop("narrowed")
write, schema = st.columns([3, 2])
with write, st.form("statement", border=False):
    statement = st.text_area("Statement", usual, height=260, key=f"sql-{chosen}")
    given = {
        name: st.text_input(f"${name}", st.query_params.get(f"p.{name}", value), key=f"{chosen}-{name}")
        for name, value in (question.parameters.items() if question else ())
    }
    is_asked = st.form_submit_button("Run", icon=":material/play_arrow:")


def keep(sql: str) -> None:
    """Put a statement into the address, unless it is too long for one."""
    if len(sql) < exhibit.LONGEST_ADDRESS:
        st.query_params.update({"statement": sql, **{f"p.{name}": value for name, value in given.items()}})


if is_asked:
    keep(statement)
with schema, board.card("Tables", "What a column means.", height=360):
    dictionary.browser(view)

cursor = view.cursor()


def answer(sql: str) -> pl.DataFrame:
    """Rows of a statement; the page ends with the reason where it may not run or cannot."""
    try:
        return desk.rows(cursor, view.project, sql, given)
    except QueryError as error:
        st.error(f"`{error}`", icon=":material/error:")
        st.stop()


rows = answer(statement)
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(
        f"**{rows.height:,} rows**" if rows.height <= SHOWN else f"The first {SHOWN:,} of **{rows.height:,} rows**"
    )
    exhibit.files("rows", rows)
counted = board.choose("Count the rows by", "count", [NOTHING, *rows.columns], NOTHING, str)
left, right = (st.container(), None) if counted == NOTHING else st.columns([3, 1])
with left:
    board.table(rows.head(SHOWN), {name: name for name in rows.columns})
if right:
    with right:
        narrowed = facets.chosen(statement, counted, answer)
    if narrowed:
        st.session_state["narrowed"], st.query_params["count"] = narrowed, NOTHING
        keep(narrowed)
        st.rerun()
