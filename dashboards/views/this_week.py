"""The first screen of the weekly review: five metrics against two earlier periods, what is open, fired, to decide."""

from functools import partial

import streamlit as st

from readback.faces import absences, annotations, behind, board, charts, exhibit, figures, listings, questions
from readback.faces.exhibit import Shown
from readback.faces.figures import COMPANIONS, HEADLINES

view = board.open_board()
mode, zone = board.mode(), view.zone

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
    workflow = board.pick_workflow(view)
scope = {"dimension": "workflow", "member": workflow} if workflow else {"dimension": "all", "member": "*"}
grain, span = period.grain.value, period.span
with heading:
    board.title(view, period.label, f"{board.name(view)} · weekly operations review")

ask = partial(figures.live_answer, view.ask, grain=grain)
asked = {"metrics": [*HEADLINES, *COMPANIONS.values()], **scope}
told = [
    figures.by_metric(figures.values(ask(absences.figures, start=each.start, is_filter=True, **asked))) if each else {}
    for each in (period, period.previous, period.counterpart)
]
history = ask(questions.trend, metric=HEADLINES[0], until=period.start, limit=26, **scope)
since = board.from_first(history, span)
noted = view.ask(annotations.annotations, span=since, notes=view.project.settings.notes, workflow=workflow)
for metric, column in zip(HEADLINES, st.columns(len(HEADLINES)), strict=True):
    history = ask(questions.trend, metric=metric, until=period.start, limit=13, **scope)
    spark = charts.sparkline(history, mode, zone=zone, annotations=noted)
    shown = Shown(metric, history, behind.rows(metric, span, workflow), spark, metric)
    with column, st.container(border=True, height="stretch", vertical_alignment="distribute"):
        with st.container():
            listings.headline(metric, told[0], told[1], period.previous, view.definitions.get(metric))
            listings.against(metric, told[0], told[2], period.counterpart, view.definitions.get(metric))
        with st.container(gap="small"):
            board.chart(spark, f"{figures.label(metric)} over the last periods")
            exhibit.menu(view, shown)

first, second, third = st.columns(3)
off = view.ask(questions.unrecovered, workflow=workflow)
sql = behind.table("episodes", {"is_recovered": False, "workflow": workflow}, "opened_at desc")
with first, exhibit.card(view, "Open now", Shown("open", off, sql, metric="open_episodes"), height="stretch"):
    listings.open_episodes(off)
    board.link("episodes", "All episodes", ":material/arrow_forward:")
fired = view.ask(questions.alerts, workflow=workflow)
sql = behind.table("alerts", {"workflow": workflow}, "fired_at desc")
with second, exhibit.card(view, "What fired", Shown("fired", fired, sql), height="stretch"):
    listings.alert_lines(fired)
    board.link("alerts", "All alerts", ":material/arrow_forward:")
advised = view.ask(questions.recommendations, workflow=workflow)
sql = behind.table("recommendations", {"workflow": workflow}, "priority")
with third, exhibit.card(view, "Three things to decide", Shown("advised", advised, sql), height="stretch"):
    listings.recommendation_lines(advised)
    board.link("recommendations", "Evidence and patches", ":material/arrow_forward:")

metric = board.choose("Metric", "metric", list(HEADLINES), HEADLINES[0], figures.label)
lanes = ["all"] if metric in HEADLINES[:2] else ["preferred", "fallback"]
history = ask(questions.trend, metric=metric, until=period.start, limit=26, lanes=lanes, **scope)
compared = ask(questions.by_member, metric=metric, start=period.start)
height = max(260, 30 * compared.height + 40)
left, right = st.columns([3, 2])
drawn = charts.trend(history, mode, zone=zone, height=height, annotations=noted)
shown = Shown(f"{metric}-trend", history, behind.figure(metric, grain, period.start, **scope), drawn, metric)
with left, exhibit.card(view, figures.label(metric), shown, height="stretch"):
    board.chart(drawn, f"{figures.label(metric)} with its 95% interval")
    st.caption("Band: 95% interval (of a running period, for every look). Hollow: withheld; pointing says why.")
drawn = charts.members(compared, mode)
shown = Shown(f"{metric}-workflows", compared, behind.rows(metric, span), drawn, metric)
with right, exhibit.card(view, "By workflow", shown, height="stretch"):
    board.chart(drawn, f"{figures.label(metric)} of each workflow with its 95% interval")
    st.caption(f"{period.label}. Bars: 95% interval. Workflows whose bars overlap may not differ.")
    nameless = view.ask(questions.unattributed, span=span)
    listings.nameless(nameless, view.ask(questions.workflow_bounds, metric=metric, grain=grain, start=period.start))
