"""One workflow: when it was off its preferred model, why, what stood in, whether that was allowed, and what it did."""

import streamlit as st

from readback.faces import annotations, behind, board, charts, drill, exhibit, figures, inert, listings, questions
from readback.faces.exhibit import Shown

view = board.open_board()
mode, zone = board.mode(), view.zone

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
    span = board.seen(view, period)
    workflow = board.pick_one_workflow(view, span)
with heading:
    board.title(view, inert.markdown(workflow), f"{board.name(view)} · {period.label}")

scope = {"dimension": "workflow", "member": workflow}
asked = {"workflow": workflow, "span": span}
of_workflow = behind.fallbacks(span, workflow)

episodes = view.ask(questions.episodes, **asked)
incidents = view.ask(questions.incidents, span=span)
noted = view.ask(annotations.annotations, notes=view.project.settings.notes, **asked)
drawn = charts.timeline(episodes, incidents, span, mode, zone=zone, changes=noted, is_clickable=True)
shown = Shown("episodes", episodes, behind.episodes(span, workflow), drawn, "degraded_minutes")
with exhibit.card(view, "Episodes, declared incidents, changes", shown):
    draw = board.pick_episode if episodes.height else board.chart
    draw(drawn, "Episodes, incidents and changes on one time axis")
    st.caption(
        f"{figures.counted(episodes.height, 'episode')}, drawn as far as they are known to last. Grey: what providers "
        "declared: context, not the measure of recovery; a tick alone is an incident whose end was never declared."
    )
    board.link("episodes", "These episodes one by one", ":material/arrow_forward:", workflow=workflow)

left, right = st.columns(2)
causes = view.ask(questions.causes, **asked)
drawn = charts.causes(causes, mode)
with left, exhibit.card(view, "Why it left", Shown("causes", causes, of_workflow, drawn), height="stretch"):
    board.chart(drawn, "Fallbacks by cause")
    weak = (causes["weak_share"] * causes["fallbacks"]).sum() / causes["fallbacks"].sum() if causes.height else 0.0
    st.caption(f"Cause of the first failure. {weak:.0%} rest on a message pattern or nothing firmer.")
hops = view.ask(drill.flows, **asked)
drawn = charts.flows(hops, mode)
with right, exhibit.card(view, "Who took over", Shown("hops", hops, of_workflow, drawn), height="stretch"):
    board.chart(drawn, "Fallbacks from the preferred model over each hop to who answered")
    st.caption("Preferred model at the left, each hop to the right; height and number: fallbacks.")

verdicts = view.ask(questions.verdicts, **asked)
drawn = charts.verdicts(verdicts, mode)
with exhibit.card(view, "Was it allowed?", Shown("verdicts", verdicts, of_workflow, drawn, "policy_conformance_rate")):
    board.chart(drawn, "Verdicts of the policy in force")
    st.caption("Judged by the policy version in force at that time. Indeterminate is never counted as allowed.")

left, right = st.columns(2)
curve = view.ask(questions.recovery_curve, **scope)
drawn = charts.recovery(curve, mode)
shown = Shown("recovery", curve, behind.table("recovery_curves", scope, "time_s"), drawn, "recovery_time_median_s")
with left, exhibit.card(view, "How long until it was back", shown, height="stretch"):
    board.chart(drawn, "Share of episodes recovered against time")
    st.caption("All episodes of this workflow; band: 95%. Unrecovered episodes are censored, never dropped.")
    listings.recovery_before(view, period, **scope)
effects = view.ask(questions.effects, **scope)
drawn = charts.forest(effects, mode)
shown = Shown("effects", effects, behind.table("metric_effects", scope, "metric"), drawn, "rework_rate")
with right, exhibit.card(view, "Substitute against preferred", shown, height="stretch"):
    board.chart(drawn, "Adjusted difference of outcomes, fallback minus preferred")
    st.caption("Filled: adjusted over comparable runs, 95% interval. Hollow diamond: crude. Right of zero is worse.")

listings.absent(view.ask(drill.absent, grain=period.grain.value, start=period.start, workflow=workflow))
runs = view.ask(drill.reworked, **asked)
shown = Shown("reworked", runs, behind.rows("rework_rate", span, workflow), metric="rework_rate")
with exhibit.card(view, "Runs that were reworked", shown):
    if runs.is_empty():
        board.nothing("No run of this period is known to have been reworked.")
    else:
        names = {"event_at": "Reworked (UTC)", "lane": "Lane", "run_id": "Run", "served_model": "Answered by"}
        board.table(runs, {**names, "released_at": "Released (UTC)", "episode_id": "Episode"})
