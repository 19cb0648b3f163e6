"""What to change and what fired, each with its evidence and the SQL that shows the rows again."""

import streamlit as st

from readback.faces import board, listings, questions

view = board.open_board()

heading = st.container()
with st.container(horizontal=True):
    workflow = board.pick_workflow(view)
with heading:
    board.title(view, "Decisions", f"{board.name(view)} · what the evidence asks for")

recommendations = view.ask(questions.recommendations, workflow=workflow)
alerts = view.ask(questions.alerts, workflow=workflow)

changes, fired = st.tabs([f"Suggested changes ({recommendations.height})", f"Alerts ({alerts.height})"])
with changes:
    st.caption(
        "Evidence classes: **R** replayed on the logs · **B** bounded from both sides · **A** adjusted observation · "
        "**T** needs a trial."
    )
    if recommendations.is_empty():
        board.nothing("The evidence asks for no change of policy.")
    for row in recommendations.to_dicts():
        listings.recommendation(row)
with fired:
    if alerts.is_empty():
        board.nothing("No alert has fired.")
    for row in alerts.to_dicts():
        listings.alert(row)
