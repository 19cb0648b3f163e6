"""The catalogue of recommendations: evidence is gathered once, judged by pure rules, and replaces the table."""

from datetime import datetime

from readback import store
from readback.contracts import Recommendation
from readback.decisions.chronic_rules import WorkflowUse, chronic_fallback
from readback.decisions.effects import Effect, Effects
from readback.decisions.evidence import gather, window
from readback.decisions.substitute_rules import ListedUse, SubstituteUse, approve_or_stop, demote


def refresh_recommendations(con: store.Connection, as_of: datetime) -> list[Recommendation]:
    """Judge every entry of the catalogue at the watermark and make the result the whole of `recommendations`."""
    scope = window(as_of)
    effects = Effects(gather(con, "outcome_effects", Effect))
    found = [
        *approve_or_stop(gather(con, "substitutes_in_use", SubstituteUse, scope), effects, as_of),
        *demote(gather(con, "listed_substitutes", ListedUse, scope), effects, as_of),
        *chronic_fallback(gather(con, "chronic_fallbacks", WorkflowUse, scope), as_of),
    ]
    store.replace_rows(con, Recommendation, found)
    return found
