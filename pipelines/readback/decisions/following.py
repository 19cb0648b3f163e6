"""The measure of a recommendation by day, whatever its rule thinks of it: what a change is held to afterwards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from readback import stats, store
from readback.contracts import Recommendation

RUN_RATES = {"rework_rate": "rework", "override_rate": "override", "downstream_error_rate": "downstream_error"}
"""Measures of runs, and what each is called in `run_status`; every other one is of requests."""

_OF_A_WORKFLOW = frozenset({"fallback_share", "unmapped_share", *RUN_RATES})
"""Shares of the requests or runs of one workflow; the others are of a class, whichever workflow was the only one."""


@dataclass(frozen=True)
class Day:
    """A row of `follow_up`: `part` of `whole` on one day."""

    day: date
    part: float
    whole: float


def daily(con: store.Connection, each: Recommendation, since: datetime, as_of: datetime) -> list[Day]:
    """The measure on every day between two moments, both inclusive, on which there was a whole."""
    facts = json.loads(each.evidence)
    scope = {
        "measure": each.measure,
        "outcome": RUN_RATES.get(each.measure or ""),
        "workflow_class": each.workflow_class,
        "workflow": each.workflow if each.measure in _OF_A_WORKFLOW else None,
        "cause": facts.get("cause"),
        "target": facts.get("target"),
        "from_at": since,
        "as_of": as_of,
    }
    name = "follow_up_runs" if each.measure in RUN_RATES else "follow_up"
    rows = store.query(con, store.model(f"decisions/{name}"), scope).fetchall()
    return [Day(*row) for row in rows if row[2]]


def ratio(days: Sequence[Day]) -> stats.Estimate:
    """The share over all days, with its interval over days."""
    return stats.clustered_ratio([day.part for day in days], [day.whole for day in days])
