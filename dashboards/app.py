"""Entry point of the dashboard: reads the project folder from the environment once and names the pages."""

import os
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from readback.faces import board
from readback.metrics.definitions import definitions

HERE = Path(__file__).parent
st.set_page_config("readback", page_icon=HERE / "icon.png", layout="wide")
st.logo(HERE / "icon.png", size="large")

folder = os.environ.get("READBACK_PROJECT")
board.put(Path(folder) if folder else None, definitions(), datetime.now(UTC))

pages = [
    st.Page("pages/overview.py", title="Overview", icon=":material/monitoring:", default=True),
    st.Page("pages/workflow.py", title="Workflow", icon=":material/account_tree:"),
    st.Page("pages/decisions.py", title="Decisions", icon=":material/gavel:"),
    st.Page("pages/data_health.py", title="Data health", icon=":material/verified:"),
]
st.navigation(pages, position="top").run()
