"""Five metrics against the period before, what is open, what fired, what to change."""

import streamlit as st

from readback.faces import board, charts, figures, listings, questions
from readback.faces.figures import COMPANIONS, HEADLINES

view = board.open_board()
mode, zone = board.mode(), view.zone

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
    workflow = board.pick_workflow(view)
scope = {"dimension": "workflow", "member": workflow} if workflow else {"dimension": "all", "member": "*"}
with heading:
    board.title(view, "Continuity overview", f"{board.name(view)} · {period.label}")

previous = period.previous
wanted = [*HEADLINES, *COMPANIONS.values()]
asked = {"metrics": wanted, "grain": period.grain.value, **scope}
now = figures.by_metric(figures.values(view.ask(questions.figures, start=period.start, **asked)))
before = (
    figures.by_metric(figures.values(view.ask(questions.figures, start=previous.start, **asked))) if previous else {}
)

for metric, column in zip(HEADLINES, st.columns(len(HEADLINES)), strict=True):
    history = view.ask(questions.trend, metric=metric, grain=period.grain.value, until=period.start, limit=13, **scope)
    with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
        with st.container():
            listings.headline(metric, now, before, previous, view.definitions.get(metric))
        board.chart(charts.sparkline(history, mode, zone=zone), f"{figures.label(metric)} over the last periods")

left, right = st.columns([3, 2])
with left, board.card(height="stretch"):
    chosen = st.segmented_control(
        "Metric", HEADLINES, default=HEADLINES[0], format_func=figures.short_label, label_visibility="collapsed"
    )
    metric = chosen or HEADLINES[0]
    lanes = ["all"] if metric in (HEADLINES[0], HEADLINES[1]) else ["preferred", "fallback"]
    history = view.ask(
        questions.trend, metric=metric, grain=period.grain.value, until=period.start, limit=26, lanes=lanes, **scope
    )
    compared = view.ask(questions.by_member, metric=metric, grain=period.grain.value, start=period.start)
    drawn = charts.trend(history, mode, zone=zone, height=max(240, 30 * compared.height + 40))
    board.chart(drawn, f"{figures.label(metric)} with its 95% interval")
    st.caption("Band: 95% interval. A hollow mark is a period whose figure is withheld; pointing at it says why.")
with right, board.card(f"{figures.label(metric)} by workflow", height="stretch"):
    board.chart(charts.members(compared, mode), f"{figures.label(metric)} of each workflow with its 95% interval")
    st.caption(f"{period.label}. Bars: 95% interval. Workflows whose bars overlap may not differ.")
    listings.nameless(
        view.ask(questions.unattributed, span=period.span),
        view.ask(questions.workflow_bounds, metric=metric, grain=period.grain.value, start=period.start),
    )

first, second, third = st.columns(3)
with first, board.card("Not back on the preferred model", height="stretch"):
    listings.open_episodes(view.ask(questions.unrecovered, workflow=workflow))
with second, board.card("Alerts", height="stretch"):
    listings.alert_lines(view.ask(questions.alerts, workflow=workflow))
with third, board.card("Suggested changes", height="stretch"):
    listings.recommendation_lines(view.ask(questions.recommendations, workflow=workflow))
