"""Entry point of the dashboard: reads the project folder from the environment once and names the pages.

They lie in `views`: beside a folder named `pages` Streamlit runs the page that an address names without this file.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from readback.faces import board, decide
from readback.metrics.definitions import definitions
from readback.settings import Project

# How often somebody who waits before a screen asks for an occupied warehouse, half a second apart.
SHORT_TRIES = 4

HERE = Path(__file__).parent
st.set_page_config("readback", page_icon=HERE / "icon.png", layout="wide")
st.logo(HERE / "icon.png", size="large")

folder = os.environ.get("READBACK_PROJECT")
now = datetime.now(UTC)


def writer(project: Project) -> Any:
    """The one writer, imported when somebody decides."""
    from readback.deciding import Writer

    return Writer(project, now, SHORT_TRIES)


is_read_only = bool(os.environ.get("READBACK_READ_ONLY"))
refusal = decide.refusal(is_read_only, st.get_option("server.address"), st.context.headers.get("Host"))
board.put(Path(folder) if folder else None, definitions(), now, writer, refusal)

pages = {
    "": [
        st.Page("views/this_week.py", title="This week", icon=":material/monitoring:", default=True),
        st.Page("views/workflows.py", title="Workflows", icon=":material/account_tree:"),
        st.Page("views/episodes.py", title="Episodes", icon=":material/timeline:"),
        st.Page("views/workflow.py", title="Workflow", visibility="hidden"),
        st.Page("views/episode.py", title="Episode", visibility="hidden"),
    ],
    "Decide": [
        st.Page("views/conformance.py", title="Conformance", icon=":material/rule:"),
        st.Page("views/recommendations.py", title="Recommendations", icon=":material/gavel:"),
        st.Page("views/alerts.py", title="Alerts", icon=":material/notifications:"),
    ],
    "Data": [
        st.Page("views/data_health.py", title="Data health", icon=":material/verified:"),
        st.Page("views/definitions.py", title="Definitions", icon=":material/menu_book:"),
        st.Page("views/sql.py", title="SQL", icon=":material/database:"),
    ],
}
st.navigation(pages, position="top").run()
