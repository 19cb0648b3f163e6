"""What to change: each suggestion with its evidence, its replay or interval, and its patch of the policy as a diff."""

from functools import partial

import polars as pl
import streamlit as st

from readback.faces import behind, board, decide, exhibit, listings, proposals, questions
from readback.faces.exhibit import Shown

DECIDED = {"decided_at": "When (UTC)", "state": "Became", "title": "Recommendation", "decided_by": "By",
           "decision_reason": "Why", "outcome": "Kept its word", "recommendation_id": "Id"}  # fmt: skip
FIRST = 6

view = board.open_board()

heading = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    workflow = board.pick_workflow(view)
    rows = view.ask(questions.recommendations, workflow=workflow)
    where = {"workflow": workflow}
    exhibit.menu(view, Shown("recommendations", rows, behind.table("recommendations", where)))
with heading:
    board.title(view, "Recommendations", f"{board.name(view)} · what the evidence asks for")
decide.told()

st.caption(
    "What it rests on: **R** replayed on the logs · **B** bounded from both sides · **A** adjusted observation · "
    "**T** needs a trial. A patch takes away or asks; it never grants an approval."
)
if rows.is_empty():
    board.nothing("The evidence asks for no change of policy.")
wanted, first = st.query_params.get("id", ""), board.came_for("id")
rows = rows.sort(pl.col("recommendation_id") != first, maintain_order=True)
if rows.height > FIRST:
    choice = {"first": f"The first {FIRST}", "all": f"All {rows.height}"}
    rows = rows if board.part("show", choice) == "all" else rows.head(FIRST)
for row in rows.to_dicts():
    patch = partial(proposals.patch, row, view.project.policy_file)
    listings.recommendation(view, row, patch, is_open=row["recommendation_id"] == wanted)

ended = view.ask(proposals.ended, workflow=workflow)
sql = behind.table("recommendations", where, "decided_at desc nulls last")
with exhibit.card(view, "What became of earlier ones", Shown("ended", ended, sql)):
    board.listed(ended, DECIDED, "None was rejected, replaced or outlived.")
