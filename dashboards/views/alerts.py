"""What fired: open, taken, past, each with its evidence; what is silenced and what was sent."""

import polars as pl
import streamlit as st

from readback.faces import behind, board, decide, exhibit, listings, proposals, questions
from readback.faces.exhibit import Shown

EMPTY = {
    "open": "Nothing is open.",
    "acknowledged": "Nobody has taken an alert that still stands.",
    "history": "No alert has ended yet.",
}
STATES = {"open": ["open"], "acknowledged": ["acknowledged"], "history": ["resolved", "cooling", "closed"]}
SILENCES = {"rule": "Rule", "workflow": "Workflow", "owner": "Owner", "reason": "Reason", "starts_at": "From (UTC)",
            "expires_at": "Until (UTC)"}  # fmt: skip
SENT = {"created_at": "Queued (UTC)", "channel": "Channel", "state": "State", "title": "Message",
        "reason": "Why not sent", "attempts": "Tries", "sent_at": "Sent (UTC)"}  # fmt: skip
WATCHED = {"workflow": "Workflow", "metric": "Metric", "status": "Status", "baseline_rate": "Baseline",
           "weekly_n": "Runs a week", "evidence_ratio": "Evidence, to 1", "alert_from": "Alert from",
           "detectable_change": "Least rise seen"}  # fmt: skip

view = board.open_board()

heading = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    workflow = board.pick_workflow(view)
    rows = view.ask(questions.alerts, workflow=workflow)
    exhibit.menu(view, Shown("alerts", rows, behind.table("alerts", {"workflow": workflow}, "fired_at desc")))
with heading:
    board.title(view, "Alerts", f"{board.name(view)} · what fired, and who took it")
decide.told()

silences, sent, monitors = (
    view.ask(each) for each in (proposals.silences, proposals.notifications, proposals.monitors)
)
found = {name: rows.filter(pl.col("state").is_in(states)) for name, states in STATES.items()}
counts = {name: frame.height for name, frame in found.items()} | {"silences": silences.height, "sent": sent.height}
part = board.part("show", {name: f"{name.capitalize()} ({n})" for name, n in counts.items()} | {"watched": "Watched"})

if part in found:
    if found[part].is_empty():
        board.nothing(EMPTY[part])
    wanted, first = st.query_params.get("id", ""), board.came_for("id")
    for row in found[part].sort(pl.col("alert_id") != first, maintain_order=True).to_dicts():
        listings.alert(view, row, is_open=row["alert_id"] == wanted)
elif part == "silences":
    with exhibit.card(view, "Silences", Shown("silences", silences, behind.table("silences", order="expires_at desc"))):
        board.listed(silences, SILENCES, "No alert is silenced.")
        decide.silences(view, silences, view.ask(questions.as_of))
elif part == "sent":
    sql = behind.table("notifications", order="created_at desc")
    with exhibit.card(view, "Messages", Shown("sent", sent, sql)):
        board.listed(sent, SENT, "No message was queued.")
else:
    told = "Outcome rates watched for a lasting rise, and the least rise that would be alerted on in 8 weeks."
    with exhibit.card(view, "Watched", Shown("monitors", monitors, behind.table("monitors")), told):
        board.listed(monitors, WATCHED, "No outcome rate is watched yet.")
