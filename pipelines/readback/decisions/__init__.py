"""STEP: what people should know of, and what they should change. Evidence in by SQL, decisions out by pure rules."""

from datetime import datetime

from readback import store
from readback.decisions.acceptance import accept, reject
from readback.decisions.alerts import acknowledge, refresh_alerts, resolve
from readback.decisions.patch import policy_patch
from readback.decisions.recommendations import refresh_recommendations
from readback.decisions.silences import lift, silence
from readback.settings import Settings

__all__ = [
    "accept",
    "acknowledge",
    "lift",
    "policy_patch",
    "refresh",
    "refresh_alerts",
    "refresh_recommendations",
    "reject",
    "resolve",
    "silence",
]


def refresh(con: store.Connection, as_of: datetime, settings: Settings | None = None) -> None:
    """Bring alerts, their messages and recommendations up to the watermark, inside the caller's transaction."""
    refresh_alerts(con, as_of, settings)
    refresh_recommendations(con, as_of, settings)
