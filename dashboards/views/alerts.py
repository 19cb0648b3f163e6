"""What fired: open, taken, past, each with its evidence; what is silenced and what was sent."""

import polars as pl
import streamlit as st

from readback.faces import behind, board, exhibit, listings, proposals, questions
from readback.faces.exhibit import Shown

view = board.open_board()

heading = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    workflow = board.pick_workflow(view)
    rows = view.ask(questions.alerts, workflow=workflow)
    exhibit.menu(view, Shown("alerts", rows, behind.table("alerts", {"workflow": workflow}, "fired_at desc")))
with heading:
    board.title(view, "Alerts", f"{board.name(view)} · what fired, and who took it")

silences, sent, monitors = (
    view.ask(each) for each in (proposals.silences, proposals.notifications, proposals.monitors)
)
parts = {
    "open": ("Open", "Nothing is open."),
    "acknowledged": ("Acknowledged", "Nobody has taken an alert that still stands."),
    "resolved": ("History", "No alert has ended yet."),
}
heads = [f"{head} ({rows.filter(pl.col('state') == state).height})" for state, (head, _) in parts.items()]
tabs = st.tabs([*heads, f"Silences ({silences.height})", f"Sent ({sent.height})", "Watched"])
for tab, (state, (_, otherwise)) in zip(tabs, parts.items(), strict=False):
    with tab:
        found = rows.filter(pl.col("state") == state)
        if found.is_empty():
            board.nothing(otherwise)
        for row in found.to_dicts():
            listings.alert(row)
with tabs[3]:
    names = {"rule": "Rule", "workflow": "Workflow", "owner": "Owner", "reason": "Reason"}
    board.listed(silences, {**names, "starts_at": "From (UTC)", "expires_at": "Until (UTC)"}, "No alert is silenced.")
with tabs[4]:
    names = {"created_at": "Queued (UTC)", "channel": "Channel", "state": "State", "title": "Message"}
    names |= {"reason": "Why not sent", "attempts": "Tries", "sent_at": "Sent (UTC)"}
    board.listed(sent, names, "No message was queued.")
with tabs[5]:
    st.caption(
        "Outcome rates that are watched for a lasting rise, and the least rise that would be alerted on in 8 weeks."
    )
    names = {"workflow": "Workflow", "metric": "Metric", "status": "Status", "baseline_rate": "Baseline",
             "weekly_n": "Runs a week", "evidence_ratio": "Evidence, to 1", "alert_from": "Alert from",
             "detectable_change": "Least rise seen"}  # fmt: skip
    board.listed(monitors, names, "No outcome rate is watched yet.")
