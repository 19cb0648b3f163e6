"""The drift of a gateway on the page: a file of readback.toml, or one handed over, against the policy in force.

What is handed over stays in the viewer's session; nothing of it is stored, and secrets in it are not read.
"""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

import polars as pl
import streamlit as st

from readback.errors import ReadbackError
from readback.faces import board, exhibit, figures, questions
from readback.faces.board import Board
from readback.faces.exhibit import Shown
from readback.faces.inert import markdown, plain
from readback.policy import gateways
from readback.policy.drift import differences
from readback.policy.exporting import sole_in_force
from readback.policy.importing import read_gateway

NAMES = {"level": "Level", "route": "Route", "kind": "Difference", "message": "What"}
_HANDED_OVER = "a file from this computer"
_RECOGNIZED = "recognized"
_LARGEST_MB = 2
_SCHEMA = dict.fromkeys(NAMES, pl.String())
_UNDER = "What the live configuration would do that the policy in force does not allow, and the reverse."


class Drift(NamedTuple):
    """What was compared, in words, and its differences, errors first: columns `level`, `route`, `kind`, `message`."""

    compared: str
    rows: pl.DataFrame


def found(policy_file: Path, file: Path, kind: str | None, content: bytes | None, at: datetime) -> Drift:
    """A gateway's file, or its `content`, against the policy in force at a moment.

    Raises:
        PolicyError: no one policy is in force, or the file is none of a known gateway.
    """
    policy = sole_in_force(policy_file, at)
    gateway, live = read_gateway(file, kind, content)
    told = [asdict(each) for each in differences(policy, gateway, live, at)]
    rows = pl.DataFrame([{name: str(row[name]) for name in NAMES} for row in told], schema=_SCHEMA).sort(
        pl.col("level") != "error", maintain_order=True
    )
    routes = figures.counted(len(live.chains), "route")
    version = f"{policy.metadata.policy_id} version {policy.metadata.version}"
    return Drift(f"{gateway.TITLE}: {routes}, against {version}", rows)


def card(view: Board) -> None:
    """Choose a file, and see in what it differs."""
    configured = {plain(each.config, 80): each for each in view.project.settings.gateways}
    options = [*configured, _HANDED_OVER]
    with board.card("Drift of the gateway", _UNDER):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = board.choose("Live configuration", "gateway", options, options[0], str)
            kinds = [_RECOGNIZED, *gateways.GATEWAYS]
            kind = None if chosen in configured else st.selectbox("Gateway", kinds, width=200)
        if chosen in configured:
            each = configured[chosen]
            _compare(view, view.project.root / each.config, each.kind, None)
            return
        told = f"YAML, JSON or TOML, at most {_LARGEST_MB} MB; it is compared here and kept nowhere."
        given = st.file_uploader(told, ["yaml", "yml", "json", "toml"], max_upload_size=_LARGEST_MB)
        if given is not None:
            _compare(view, Path(given.name), None if kind == _RECOGNIZED else kind, given.getvalue())
        elif not configured:
            st.caption("`[[gateways]]` with `config` in readback.toml has a file compared at every visit.")


def _compare(view: Board, file: Path, kind: str | None, content: bytes | None) -> None:
    at = view.now or cast(datetime, view.ask(questions.as_of))
    try:
        compared, rows = found(view.project.policy_file, file, kind, content, at)
    except ReadbackError as error:
        st.error(markdown(str(error), 400), icon=":material/error:")
        return
    errors = rows.filter(pl.col("level") == "error").height
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        told = f"**{errors}** not allowed, **{rows.height - errors}** to look at: {markdown(compared, 120)}"
        st.markdown(told, width="content")
        exhibit.menu(view, Shown("drift", rows))
    board.listed(rows, NAMES, "No drift: the gateway does what the policy in force says.")
