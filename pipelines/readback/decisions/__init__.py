"""STEP: what people should know of, and what they should change. Evidence in by SQL, decisions out by pure rules."""

from datetime import datetime

from readback import store
from readback.decisions.alerts import acknowledge, refresh_alerts, resolve
from readback.decisions.patch import policy_patch
from readback.decisions.recommendations import refresh_recommendations

__all__ = ["acknowledge", "policy_patch", "refresh", "refresh_alerts", "refresh_recommendations", "resolve"]


def refresh(con: store.Connection, as_of: datetime) -> None:
    """Bring `alerts` and `recommendations` up to the watermark; runs inside the caller's transaction."""
    refresh_alerts(con, as_of)
    refresh_recommendations(con, as_of)
