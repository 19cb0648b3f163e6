"""One episode: minute by minute, who served, by which line of the policy, the provider's own story, what followed."""

import streamlit as st

from readback.faces import annotations, behind, board, charts, drill, exhibit, figures, questions, story
from readback.faces.exhibit import Shown
from readback.faces.inert import markdown

view = board.open_board()
episode_id = st.query_params.get("id", "")
found = view.ask(drill.episode, episode_id=episode_id)
if found.is_empty():
    board.title(view, "Episode", board.name(view))
    board.nothing(
        "No published episode has this id; it may have been told anew by later logs.", ":material/search_off:"
    )
    board.link("episodes", "All episodes", ":material/arrow_back:")
    st.stop()
row = found.row(0, named=True)
workflow, until = row["workflow"], row["recovered_at"] or row["last_seen_at"]
board.title(view, markdown(workflow or "(no workflow)", 60), f"{board.name(view)} · {story.name(row)}")

span = drill.around(row["opened_at"], until)
asked = {"episode_id": episode_id, "span": span}
costs = view.ask(drill.episode_costs, **asked).to_dicts()[0]
exhibit.menu(view, Shown("facts", found, behind.table("episodes", {"episode_id": episode_id})), "Behind these numbers")
story.facts(row, costs)

step_s = drill.bin_seconds(span)
answered = view.ask(drill.minutes, workflow=workflow, span=span, step_s=step_s)
incidents = view.ask(questions.incidents, span=span)
noted = view.ask(annotations.annotations, span=span, notes=view.project.settings.notes, workflow=workflow)
drawn = charts.minutes(answered, story.moments(row, noted), incidents, span, step_s, board.mode(), zone=view.zone)
sql = behind.fallbacks(span, workflow, behind.equal({"episode_id": episode_id}))
with exhibit.card(view, "Minute by minute", Shown("minutes", answered, sql, drawn)):
    board.chart(drawn, "Requests by who answered over the time of the episode")
    st.caption("All requests of the workflow, the episode's own and those around it. Grey: what providers declared.")

left, right = st.columns(2)
lines = view.ask(drill.policy_lines, **asked)
with left, exhibit.card(view, "Lines of the policy that applied", Shown("policy", lines, sql), height="stretch"):
    story.policy_lines(lines)
stages = story.stages(row)
sql = behind.table("provider_incidents", {"incident_id": row["incident_id"] or ""})
with right, exhibit.card(view, "The provider's own story", Shown("provider", stages, sql), height="stretch"):
    story.provider(row, stages)

outcomes = view.ask(drill.episode_outcomes, episode_id=episode_id)
shown = Shown("outcomes", outcomes, behind.table("runs", {"episode_id": episode_id}), metric="rework_rate")
with exhibit.card(view, "What followed", shown):
    if outcomes.is_empty():
        board.nothing("No outcome is linked to a run of this episode.", ":material/info:")
    else:
        names = {"occurred_at": "At (UTC)", "kind": "Outcome", "decision": "Decision", "rework_type": "Rework",
                 "error_type": "Error", "severity": "Severity", "cost_amount": "Cost share",
                 "cost_currency": "Currency", "method": "Linked by", "run_id": "Run"}  # fmt: skip
        board.table(outcomes, names)

events = view.ask(drill.episode_fallbacks, **asked)
with exhibit.card(
    view, figures.counted(events.height, "fallback"), Shown("fallbacks", events, sql, metric="fallback_frequency")
):
    st.caption("Choosing a row shows its attempts with file and line, and why it was judged as it was.")
    names = {"occurred_at": "At (UTC)", "served_model": "Answered", "served_by": "As", "cause": "Cause",
             "verdict": "Verdict", "verdict_reasons": "Because", "added_latency_ms": "Added wait, ms",
             "request_id": "Request"}  # fmt: skip
    chosen = board.pick_row(events, names, "fallbacks")
judged = chosen["request_id"] if chosen else st.query_params.get("request")
if judged:
    st.query_params["request"] = judged
    story.explanation(view, judged)
