"""Blocks of an episode's page: its facts, the moments to mark, the provider's story, the policy's lines, why.

Words from logs pass through `inert` first: Markdown renders links and images.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from readback.contracts import Episode
from readback.errors import ReadbackError
from readback.faces import behind, board, exhibit, figures
from readback.faces.board import Board, nothing
from readback.faces.exhibit import Shown
from readback.faces.inert import markdown, plain
from readback.policy.explanation import Explanation, explain
from readback.policy.loading import load_policies
from readback.store import Connection

_MOST_CHANGES = 6
"""Changes that are named on the time axis of an episode; more would hide its bars."""

_FACTS = ("duration_s", "outage_s", "return_lag_s", "recovery_lag_s", "fallback_count", "added_cost_usd")
"""The columns behind the numbers at the head of an episode; all but the last are its own."""

_ADDED = "Cost of the fallbacks of this episode beyond what the preferred model would have cost."

_STAGES = {
    "incident_started_at": "Declared start",
    "investigating_at": "Investigating",
    "identified_at": "Cause identified",
    "monitoring_at": "Fix monitored",
    "resolved_at": "Declared resolved",
}


def name(row: Mapping[str, Any]) -> str:
    """What people call an episode."""
    return markdown(
        f"off {plain(row['preferred_model'] or 'its model', 60)} since {row['opened_at']:%-d %b %Y %H:%M} UTC"
    )


def facts(row: Mapping[str, Any], costs: Mapping[str, Any]) -> None:
    """The episode in six numbers; absent ones are a dash."""
    lag = "no declared recovery"
    if row["recovery_lag_s"] is not None:
        lag = f"back {'before' if row['recovery_lag_s'] < 0 else 'after'} the declared recovery"
    of = f"of {row['request_count']:,} requests, {row['failed_count']:,} failed"
    tried = markdown(", ".join(row["substitutes"]) or "nobody", 200)
    told = [
        ("Off its model", _length(row["duration_s"]), _ending(row)),
        ("Preferred was failing", *outage(row)),
        ("Return lag", _length(row["return_lag_s"]), "the least of the part that a policy can tune"),
        ("Lag on the provider", _length(row["recovery_lag_s"]), lag),
        ("Fallbacks", figures.count(row["fallback_count"]), of),
        ("Added cost", _dollars(costs), f"median wait {_wait(costs['added_latency_ms'])}"),
    ]  # fmt: skip
    for (label, value, under), name, column in zip(told, _FACTS, st.columns(len(told)), strict=True):
        field = Episode.model_fields.get(name)
        with column, st.container(border=True, height="stretch"):
            st.metric(label, value, help=field.description if field else _ADDED)
            st.caption(under)
    st.markdown(
        f":small[Cause: **{markdown(row['cause'].replace('_', ' '))}** · class "
        f"{markdown(row['workflow_class'] or 'none')} · stood in: {tried} · {costs['breaches']:,} out of policy, "
        f"{costs['silent']:,} silent]"
    )
    if row["workflow"]:
        board.link("workflow", "The workflow as a whole", ":material/arrow_back:", workflow=row["workflow"])


def outage(row: Mapping[str, Any]) -> tuple[str, str]:
    """How long the preferred model itself was failing, and what that rests on; a span where nobody can say."""
    low, high = row["outage_low_s"], row["outage_s"]
    if high is None:
        return (
            (figures.DASH, "no failure of it was seen") if low is None else (f"over {_length(low)}", "no answer since")
        )
    if row["is_probed"] is False:
        return f"{_length(low)} to {_length(high)}", "nobody tried it meanwhile, so nobody knows when it ended"
    told = _length(high) if low is None or figures.duration(low) == figures.duration(high) else None
    return told or f"{_length(low)} to {_length(high)}", "from its last failure to its first answer"


def moments(row: Mapping[str, Any], noted: pl.DataFrame) -> list[tuple[str, datetime]]:
    """What to mark on the time axis: leaving, being back, the provider's word for either, and what `noted` changed."""
    named = {
        "left": row["opened_at"],
        "back": row["recovered_at"],
        "declared": row["incident_started_at"],
        "declared resolved": row["resolved_at"],
    }
    changed = noted.filter(pl.col("kind") != "provider incident").head(_MOST_CHANGES)
    told = [(plain(what, 60), at) for what, at in changed.select("what", "at").iter_rows()]
    return [*((words, at) for words, at in named.items() if at is not None), *told]


def stages(row: Mapping[str, Any]) -> pl.DataFrame:
    """Columns `at`, `what`: the stages that the provider declared, and the moments that the log shows."""
    own = {"opened_at": "The workflow left its model", "recovered_at": "The workflow was back"}
    told = [{"at": row[stage], "what": words} for stage, words in {**_STAGES, **own}.items() if row[stage]]
    return pl.DataFrame(told).sort("at")


def provider(row: Mapping[str, Any], told: pl.DataFrame) -> None:
    """Stages of the declared incident against the moments that the log shows."""
    if row["incident_id"] is None:
        nothing("No incident that a provider declared overlaps this episode.", ":material/info:")
        return
    impact = markdown(row["incident_impact"] or "impact not told")
    st.markdown(f"**{markdown(row['incident_title'] or 'untitled', 160)}** · {impact}")
    board.table(told, {"at": "At (UTC)", "what": "What"})
    st.caption("Declared windows are context: they are back-filled and late, and never the measure of recovery.")


def policy_lines(lines: pl.DataFrame) -> None:
    """Which places of the policy decided, and how."""
    if lines.is_empty():
        nothing("No policy was in force for these requests.", ":material/info:")
        return
    names = {"rule": "Line", "verdict": "Verdict", "reason": "Because", "fallbacks": "Fallbacks"}
    board.table(lines, {**names, "policy_id": "Policy", "policy_version": "Version"})


def explanation(view: Board, judged_id: str) -> None:
    """Why one request was judged as it was: attempts with file and line, then the chain to the decision."""
    try:
        told: Explanation = view.ask(explained, judged_id=judged_id, policy_file=view.project.policy_file)
    except ReadbackError as error:
        st.error(markdown(str(error)), icon=":material/error:")
        return
    rows = pl.DataFrame([{"part": link.title, "what": what} for link in told.chain for what in link.sentences])
    shown = Shown("line", rows, behind.table("attempts", {"request_id": judged_id}, "started_at"))
    with exhibit.card(view, "Down to the line", shown):
        for link in told.chain:
            title, body = st.columns([1, 7])
            title.markdown(f":gray[{link.title}]")
            body.markdown("  \n".join(markdown(sentence, 400) for sentence in link.sentences))


def explained(con: Connection, judged_id: str, policy_file: Any) -> Explanation:
    """The explanation of one verdict."""
    return explain(con, judged_id, load_policies(policy_file))


def _length(seconds: float | None) -> str:
    if seconds is None:
        return figures.DASH
    return ("−" if seconds < 0 else "") + figures.duration(abs(seconds))


def _ending(row: Mapping[str, Any]) -> str:
    if row["recovered_at"] is None:
        return f"recovery not seen; state {row['state']}"
    return f"back at {row['recovered_at']:%-d %b %H:%M} UTC"


def _dollars(costs: Mapping[str, Any]) -> str:
    return figures.DASH if costs["added_cost_usd"] is None else figures.amount(costs["added_cost_usd"], "usd")


def _wait(milliseconds: float | None) -> str:
    return "not told" if milliseconds is None else figures.amount(milliseconds, "ms")
