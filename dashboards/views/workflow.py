"""One workflow: when it was off its preferred model, why, what stood in, whether that was allowed, and what it did."""

import streamlit as st

from readback.faces import board, charts, inert, questions

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

with board.card("Episodes and declared incidents"):
    episodes = view.ask(questions.episodes, workflow=workflow, span=span)
    incidents = view.ask(questions.incidents, span=span)
    board.chart(charts.timeline(episodes, incidents, span, mode, zone=zone), "Episodes and incidents on one time axis")
    st.caption(
        f"{episodes.height} episodes, drawn as far as they are known to last. Grey is what providers declared: "
        "context, not the measure of recovery; a tick alone is an incident whose end was never declared."
    )

left, right = st.columns(2)
with left, board.card("Why it left", height="stretch"):
    causes = view.ask(questions.causes, workflow=workflow, span=span)
    board.chart(charts.causes(causes, mode), "Fallbacks by cause")
    weak = (causes["weak_share"] * causes["fallbacks"]).sum() / causes["fallbacks"].sum() if causes.height else 0.0
    st.caption(f"Cause of the first failure. {weak:.0%} rest on a message pattern or nothing firmer.")
with right, board.card("What stood in", height="stretch"):
    substitutes = view.ask(questions.substitutes, workflow=workflow, span=span)
    board.chart(charts.substitutes(substitutes, mode), "Fallbacks by preferred model and substitute")
    st.caption("Preferred model → what answered instead.")

with board.card("Was it allowed?"):
    verdicts = view.ask(questions.verdicts, workflow=workflow, span=span)
    board.chart(charts.verdicts(verdicts, mode), "Verdicts of the policy in force")
    st.caption(
        "Each fallback judged by the policy version in force when it happened. "
        "Indeterminate is never counted as allowed."
    )

left, right = st.columns(2)
with left, board.card("How long until it was back", height="stretch"):
    curve = view.ask(questions.recovery_curve, **scope)
    board.chart(charts.recovery(curve, mode), "Share of episodes recovered against time")
    st.caption("All episodes of this workflow; band: 95%. Unrecovered episodes are censored, never dropped.")
with right, board.card("What the substitute did", height="stretch"):
    effects = view.ask(questions.effects, **scope)
    board.chart(charts.forest(effects, mode), "Adjusted difference of outcomes, fallback minus preferred")
    st.caption(
        "Filled: adjusted over comparable runs, with 95% interval. Hollow diamond: crude. Right of zero is worse."
    )
