"""Every workflow on one line: what it may risk, how often it left its model, how it came back, and what that did."""

import streamlit as st

from readback.faces import absences, behind, board, charts, drill, exhibit, figures, listings, questions, workflow_table
from readback.faces.exhibit import Shown

view = board.open_board()
mode = board.mode()

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
with heading:
    board.title(view, "Workflows", f"{board.name(view)} · {period.label}")

grain, start = period.grain.value, period.start
told = view.ask(absences.of_members, metrics=list(workflow_table.METRICS), grain=grain, start=start)
table = workflow_table.rows(
    figures.live_frame(told),
    view.ask(drill.classes, at=start),
    view.ask(questions.effects, dimension="workflow", member=None, metric="rework_rate"),
    view.ask(drill.workflow_trends, metric="fallback_frequency", grain=grain, until=start),
)
sql = behind.table("metric_values", {"grain": grain, "dimension": "workflow"}, "period_start desc, member")
with exhibit.card(view, "All workflows", Shown("workflows", table, sql, metric="fallback_frequency")):
    st.caption("Most fallbacks first, each figure with its 95% interval. Choosing a row opens the workflow.")
    chosen = board.pick_row(
        table,
        workflow_table.NAMES,
        "workflows",
        trend=st.column_config.AreaChartColumn("Fallback trend, %", width="small", color="blue"),
    )
    listings.absent(absences.absent(told))
if chosen:
    board.go("workflow", workflow=chosen["workflow"], **board.kept("grain", "period"))

left, right = st.columns(2)
for column, metric in ((left, "fallback_frequency"), (right, "policy_conformance_rate")):
    frame = figures.live_answer(view.ask, questions.by_member, metric=metric, grain=grain, start=start)
    drawn = charts.members(frame, mode)
    shown = Shown(f"by-{metric}", frame, behind.rows(metric, period.span), drawn, metric)
    with column, exhibit.card(view, workflow_table.METRICS[metric], shown, height="stretch"):
        board.chart(drawn, f"{workflow_table.METRICS[metric]} of each workflow with its 95% interval")
