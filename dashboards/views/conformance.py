"""Whether substitutions kept to the policy: verdicts, silent downgrades one by one, what expires, what drifted."""

import streamlit as st

from readback.faces import behind, board, charts, conformance, drifted, exhibit, questions, story
from readback.faces.exhibit import Shown

LISTS = {
    "weekly_verdicts": ("By class and week", "No fallback could be judged yet.",
        {"workflow_class": "Class", "week_start": "Week", "request_count": "Judged or not", "in_policy": "In policy",
         "breaches": "Breaches", "indeterminate": "Indeterminate", "breach_fraction": "Breach share",
         "breach_fraction_high": "Up to (95%)", "silent_downgrades": "Silent downgrades",
         "silent_upgrades": "Silent upgrades", "wrong_order": "Wrong order", "missed_fallbacks": "Missed",
         "without_reason": "Without a reason"}),
    "violations": ("Every rule that was broken", "Every fallback that could be judged kept to the policy.",
        {"reason": "Reason", "verdict": "Verdict", "workflow_class": "Class", "policy_version": "Version",
         "rule": "Line", "request_count": "Requests", "last_at": "Last (UTC)", "latest_request_id": "Latest request"}),
    "expiring_approvals": ("Approvals that end within 30 days", "No approval in force ends within 30 days.",
        {"workflow_class": "Class", "target": "Substitute", "approved_by": "Approved by", "expires_at": "Ends (UTC)",
         "used_count": "Used, 28 days", "path": "Line"}),
    "overdue_reviews": ("Reviews that are overdue", "Every version in force has its review ahead.",
        {"policy_id": "Policy", "version": "Version", "owner_team": "Owner", "review_next_due": "Was due",
         "overdue_days": "Days"}),
    "concentration": ("What fails together", "No model is placed in a failure domain.",
        {"failure_domain": "Failure domain", "preferring_class_count": "Classes that prefer it",
         "stranded_classes": "Without a way out", "request_fraction": "Share of answers, 28 days"}),
    "undeclared_causes": ("Causes that no trigger declares", "Every cause that was seen has its trigger.",
        {"workflow_class": "Class", "cause": "Cause", "seen_count": "Seen", "last_at": "Last (UTC)", "path": "Line"}),
    "idle_triggers": ("Triggers that never fired", "Every declared trigger was seen.",
        {"workflow_class": "Class", "trigger_id": "Trigger", "trigger_type": "Type", "is_visible": "A log can show it",
         "path": "Line"}),
}  # fmt: skip

view = board.open_board()
mode = board.mode()

heading = st.container()
with st.container(horizontal=True):
    period = board.pick_period(view)
    workflow = board.pick_workflow(view)
span = board.seen(view, period)
with heading:
    board.title(view, "Conformance", f"{board.name(view)} · {period.label}")

seen = view.ask(conformance.views, as_of=view.ask(questions.as_of))
verdicts = view.ask(questions.verdicts, workflow=workflow, span=span)
drawn = charts.verdicts(verdicts, mode)
sql = behind.fallbacks(span, workflow)
with exhibit.card(view, "Verdicts", Shown("verdicts", verdicts, sql, drawn, "policy_conformance_rate")):
    board.chart(drawn, "Shares of verdicts by workflow")
    st.caption(
        "Judged by the version in force at that time. Indeterminate: the log cannot tell; never counted as kept."
    )

silent = view.ask(questions.silent_downgrades, span=span, workflow=workflow)
sql = behind.fallbacks(span, workflow, "is_silent")
with exhibit.card(view, conformance.silent_title(silent), Shown("silent", silent, sql, metric="silent_downgrades")):
    if silent.is_empty():
        board.nothing("No substitute answered without a sign to the user.")
        chosen = None
    else:
        st.caption(
            "Not allowed or not marked, and no sign of it; an upgrade cost over twice as much. Choose one to see why."
        )
        names = {"occurred_at": "At (UTC)", "workflow": "Workflow", "preferred_model": "Preferred",
                 "served_model": "Answered", "verdict_reasons": "Because", "verdict_rules": "Line",
                 "episode_id": "Episode"}  # fmt: skip
        chosen = board.pick_row(silent, names, "silent")
judged = chosen["request_id"] if chosen else st.query_params.get("request")
if judged:
    st.query_params["request"] = judged
    story.explanation(view, judged)

places = [st.container(), st.container(), *st.columns(2), *st.columns(2), st.container()]
for place, (name, (head, otherwise, names)) in zip(places, LISTS.items(), strict=True):
    with place, exhibit.card(view, head, Shown(name, seen[name], behind.question(name)), height="stretch"):
        board.listed(seen[name], names, otherwise)
drifted.card(view)
