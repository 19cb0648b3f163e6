"""Forms with which people decide where they read: on a recommendation, an alert, a silence.

What is written goes through `board.writer`, as the commands do. A page that may not write shows the commands instead.
"""

import glob
import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import duckdb
import polars as pl
import streamlit as st

from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.submission import TRIAL_ONLY
from readback.errors import ProjectBusy, ReadbackError
from readback.faces.board import Board
from readback.faces.inert import markdown, plain

READ_ONLY = "This dashboard was started with `--read-only`: it decides nothing."
ELSEWHERE = "This dashboard is reachable from other machines: decisions are made on loopback or by command."
LENGTHS = {"4 hours": 4, "1 day": 24, "2 days": 48, "1 week": 168, "4 weeks": 672}
"""How long a silence may last from here, in hours of the logs."""

_WHO = "Role or group that decides"
_WHO_HELP = "Such as `platform on call`. No names of people: readback keeps none."
_LONGEST_WHO = 60
_LONGEST_REASON = 500
_PATIENCE_S = 2.0
_WRITING = threading.Lock()
"""Two viewers of one server are one process, which DuckDB would let write side by side."""


def refusal(is_read_only: bool, address: str | None, host: str | None) -> str | None:
    """Why the pages may not write; None where they may.

    `address` is what the server listens on (None: everywhere), `host` what the viewer's browser asked for.
    """
    if is_read_only:
        return READ_ONLY
    asked = urlsplit(f"//{host}").hostname if host else None
    is_here = _is_loopback(address) and (asked is None or _is_loopback(asked))
    return None if is_here else ELSEWHERE


def told() -> None:
    """What the viewer decided a moment ago, once."""
    said = st.session_state.pop("decided", None)
    if said:
        st.success(markdown(said), icon=":material/check_circle:")


def recommendation(view: Board, row: Mapping[str, Any]) -> None:
    """Accept or reject an open recommendation, or what became of it."""
    identity, title = row["recommendation_id"], plain(row["title"], 120)
    if row["state"] != "open":
        st.markdown(f":small[{decided(row)}]")
        return
    if view.refusal:
        commands = [
            f"readback recommend {act} {plain(identity, 60)} --who … --reason …" for act in ("accept", "reject")
        ]
        _by_command(view.refusal, *commands)
        return
    with st.form(f"decide-{identity}", border=False):
        who, reason = _signature(identity)
        with st.container(horizontal=True):
            is_accepted = st.form_submit_button("Accept", icon=":material/check:")
            is_rejected = st.form_submit_button("Reject", icon=":material/close:")
    if is_accepted:
        only = f". {TRIAL_ONLY}" if row["evidence_class"] == EvidenceClass.TRIAL else ""
        said = f"Accepted as {who}: {title}{only}"
        _write(view, said, who, reason, lambda writer: writer.accept(identity, who, reason))
    if is_rejected:
        _write(view, f"Rejected as {who}: {title}", who, reason, lambda writer: writer.reject(identity, who, reason))


def decided(row: Mapping[str, Any]) -> str:
    """Who decided what of a recommendation, when, why, and what came of it."""
    head = f"**{row['state'].capitalize()}**"
    if row["decided_by"]:
        head += f" by {markdown(row['decided_by'], _LONGEST_WHO)} on {row['decided_at']:%-d %b %Y}"
    why = markdown(row["decision_reason"], _LONGEST_REASON) if row["decision_reason"] else ""
    kept = f"{row['outcome'].replace('_', ' ')}: {markdown(row['outcome_detail'], 300)}" if row["outcome"] else ""
    return " · ".join(part for part in (head, why, kept) if part)


def alert(view: Board, row: Mapping[str, Any]) -> None:
    """Take or settle an alert that still stands, or hold back what its rule says of its workflow."""
    identity, title = row["alert_id"], plain(row["title"], 120)
    if view.refusal:
        _by_command(
            view.refusal, *(f"readback alerts {act} {plain(identity, 60)} --who …" for act in ("ack", "resolve"))
        )
        return
    with st.form(f"decide-{identity}", border=False):
        who, reason = _signature(identity, "Why (for a silence)")
        length = st.selectbox("Silence for (time of the logs)", list(LENGTHS), key=f"length-{identity}", width=260)
        with st.container(horizontal=True):
            is_open = row["state"] == "open"
            is_taken = is_open and st.form_submit_button("Acknowledge", icon=":material/back_hand:")
            is_settled = st.form_submit_button("Settle", icon=":material/task_alt:")
            is_silenced = st.form_submit_button("Silence", icon=":material/notifications_off:")
    if is_taken:
        _write(view, f"Acknowledged as {who}: {title}", who, who, lambda writer: writer.acknowledge(identity, who))
    if is_settled:
        _write(view, f"Settled as {who}: {title}", who, who, lambda writer: writer.resolve(identity, who))
    if is_silenced:
        _silence(view, row, who, reason, length)


def silences(view: Board, rows: pl.DataFrame, as_of: datetime) -> None:
    """End one of the silences that still hold."""
    standing = rows.filter(pl.col("expires_at") > as_of).to_dicts()
    if not standing:
        return
    if view.refusal:
        _by_command(view.refusal, "readback alerts unsilence ID")
        return
    names = {row["silence_id"]: f"{plain(row['rule'], 60)} of {plain(row['workflow'], 60)}" for row in standing}
    with st.form("unsilence", border=False):
        chosen = st.selectbox("A silence that still holds", list(names), format_func=names.__getitem__, width=420)
        is_ended = st.form_submit_button("End it now", icon=":material/notifications_active:")
    if is_ended:
        _write(view, f"Ended the silence of {names[chosen]}", chosen, chosen, lambda writer: writer.lift(chosen))


def _silence(view: Board, row: Mapping[str, Any], who: str, reason: str, length: str) -> None:
    # A silence takes patterns: a name is escaped, lest one of a log silences others, too.
    place, hours = glob.escape(row["workflow"]) if row["workflow"] else "*", timedelta(hours=LENGTHS[length])
    said = f"Silenced for {length}: {row['rule']} of {plain(row['workflow'] or 'all workflows', 60)}"
    _write(view, said, who, reason, lambda writer: writer.silence(row["rule"], place, who, reason, hours))


def _signature(identity: str, label: str = "Why") -> tuple[str, str]:
    """Who decides, kept for the session, and why; stripped, '' where not said."""
    left, right = st.columns([1, 2])
    known = st.session_state.get("decides", "")
    who = left.text_input(_WHO, known, max_chars=_LONGEST_WHO, key=f"who-{identity}", help=_WHO_HELP)
    reason = right.text_input(label, max_chars=_LONGEST_REASON, key=f"why-{identity}")
    return plain(who, _LONGEST_WHO), plain(reason, _LONGEST_REASON)


def _by_command(refusal: str, *commands: str) -> None:
    st.caption(refusal)
    st.code("\n".join(map(plain, commands)), language="console")


def _write(view: Board, said: str, who: str, why: str, act: Callable[[Any], object]) -> None:
    """Let the one writer act and show the new snapshot; or say why nothing was written."""
    if not who or not why:
        missing = "why" if who else f"who decides ({_WHO.lower()})"
        st.error(f"Say {missing}; nothing was written.", icon=":material/error:")
        return
    try:
        with st.spinner("Writing and publishing…"), _alone():
            act(view.writer(view.project))
    except ProjectBusy:
        busy = "Another readback process is writing, perhaps a run. Nothing was changed; try again when it is done."
        st.warning(busy, icon=":material/hourglass_top:")
    except (ReadbackError, OSError, duckdb.Error) as error:
        st.error(f"{markdown(str(error))} Nothing was changed on this page.", icon=":material/error:")
    else:
        st.session_state["decided"] = said
        st.rerun()


@contextmanager
def _alone() -> Iterator[None]:
    if not _WRITING.acquire(timeout=_PATIENCE_S):
        raise ProjectBusy("another viewer of this dashboard is deciding")
    try:
        yield
    finally:
        _WRITING.release()


def _is_loopback(name: str | None) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
