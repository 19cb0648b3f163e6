"""Entry point of the dashboard: reads the project folder from the environment once and names the pages.

They lie in `views`: beside a folder named `pages` Streamlit runs the page that an address names without this file.
"""

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
