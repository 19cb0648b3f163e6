"""Every episode of a period on one axis and in one list; choosing one opens its page."""

import polars as pl
import streamlit as st

from readback.faces import annotations, behind, board, charts, exhibit, figures, questions, story
from readback.faces.exhibit import Shown

NAMES = {
    "opened_at": "Left at (UTC)",
    "workflow": "Workflow",
    "state": "State",
    "lasted": "Lasted",
    "cause": "Cause",
    "preferred_model": "Preferred",
    "substitutes": "Stood in",
    "fallback_count": "Fallbacks",
    "failed_count": "Failed",
    "outage": "Preferred failing",
    "return_lag": "Return lag",
    "episode_id": "Episode",
}
STATES = ["every state", "recovered", "open", "quiet", "disabled", "held"]

view = board.open_board()
mode, zone = board.mode(), view.zone

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
    workflow = board.pick_workflow(view)
    state = board.choose("State", "state", STATES, STATES[0], str.capitalize)
span = board.seen(view, period)
with heading:
    board.title(view, "Episodes", f"{board.name(view)} · {period.label}")

found = view.ask(questions.episodes, span=span, workflow=workflow)
found = found if state == STATES[0] else found.filter(pl.col("state") == state)
noted = view.ask(annotations.annotations, span=span, notes=view.project.settings.notes, workflow=workflow)
drawn = charts.timeline(
    found, view.ask(questions.incidents, span=span), span, mode, zone=zone, changes=noted, is_clickable=True
)
sql = behind.episodes(span, workflow)
with exhibit.card(view, "On one time axis", Shown("timeline", found, sql, drawn, "degraded_minutes")):
    draw = board.pick_episode if found.height else board.chart
    draw(drawn, "Episodes by workflow, incidents and changes on one time axis")

with exhibit.card(
    view, figures.counted(found.height, "episode"), Shown("list", found, sql, metric="recovery_time_median_s")
):
    if found.is_empty():
        board.nothing("No workflow was off its preferred model in this period.")
        st.stop()
    st.caption("Newest first. Choosing a row opens the episode: minute by minute, down to the line of the log.")
    told = found.with_columns(
        figures.durations("duration_s").alias("lasted"),
        pl.Series("outage", [story.outage(row)[0] for row in found.to_dicts()], pl.String),
        figures.durations("return_lag_s").alias("return_lag"),
        pl.col("cause").str.replace_all("_", " "),
        pl.col("substitutes").list.join(", "),
    )
    chosen = board.pick_row(told, NAMES, "episodes")
if chosen:
    board.go("episode", id=chosen["episode_id"])
