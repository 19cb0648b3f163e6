"""Every workflow on one line: what it may risk, how often it left its model, how it came back, and what that did."""

import streamlit as st

from readback.faces import (
    absences,
    annotations,
    behind,
    board,
    charts,
    drill,
    exhibit,
    figures,
    grid,
    listings,
    questions,
    workflow_table,
)
from readback.faces.exhibit import Shown

view = board.open_board()
mode = board.mode()

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
with heading:
    board.title(view, "Workflows", f"{board.name(view)} · {period.label}")

grain, start = period.grain.value, period.start
held = view.ask(absences.of_members, metrics=list(workflow_table.METRICS), grain=grain, start=start)
told = figures.live_frame(held)
effects = view.ask(questions.effects, dimension="workflow", member=None, metric="rework_rate")
trends = view.ask(drill.workflow_trends, metric="fallback_frequency", grain=grain, until=start)
table = workflow_table.rows(told, view.ask(drill.classes, at=start), effects, trends)

seen = grid.spanned(trends, board.seen(view, period))
notes = view.project.settings.notes
common = [note for note in notes if note.workflow is None]
shared = grid.marks(view.ask(annotations.annotations, span=seen, notes=common), seen)
shapes = grid.shapes(trends, seen, shared, notes)
ranks = grid.ranked(figures.values(told), effects)
drawn = grid.drawn(table, workflow_table.NAMES, ranks, shapes, board.kept("grain", "period"), mode, shared)
sql = behind.table("metric_values", {"grain": grain, "dimension": "workflow"}, "period_start desc, member")
with exhibit.card(view, "All workflows", Shown("workflows", table, sql, metric="fallback_frequency")):
    chosen = grid.pick(drawn, table["workflow"].to_list(), "workflows")
    st.caption(
        "Small: 95% interval and n. Each trend from zero on its own scale; band: 95%; hollow: withheld; grey ticks: "
        "declared incidents; dashed: changes and notes. A row opens its workflow, a head sorts."
    )
    listings.absent(absences.absent(held))
if chosen:
    board.go("workflow", workflow=chosen, **board.kept("grain", "period"))

left, right = st.columns(2)
for column, metric in ((left, "fallback_frequency"), (right, "policy_conformance_rate")):
    frame = figures.live_answer(view.ask, questions.by_member, metric=metric, grain=grain, start=start)
    drawn = charts.members(frame, mode)
    shown = Shown(f"by-{metric}", frame, behind.rows(metric, period.span), drawn, metric)
    with column, exhibit.card(view, workflow_table.METRICS[metric], shown, height="stretch"):
        board.chart(drawn, f"{workflow_table.METRICS[metric]} of each workflow with its 95% interval")
