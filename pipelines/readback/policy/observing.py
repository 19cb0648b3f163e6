"""What the published figures show of the world that a policy is written for. Some validations need no less."""

from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from readback import store


@dataclass(frozen=True)
class Seen:
    """What was observed until the newest time in any log.

    `undeclared` counts the requests of each workflow that no class matched, `last_seen` is the newest request of each
    class, `hourly_p95` the 95th percentile of a class's fallbacks in an hour that had any, and `has_confidence` whether
    any log tells how sure an output was, or that something was done because it was not; None where nobody can look.
    """

    until: datetime
    since: datetime
    undeclared: dict[str, int] = field(default_factory=dict)
    last_seen: dict[str, datetime] = field(default_factory=dict)
    hourly_p95: dict[str, float] = field(default_factory=dict)
    has_confidence: bool | None = None


_SPAN = "select min(started_at), max(started_at) from requests"
_UNDECLARED = """
    select workflow, count(*) from requests
    where policy_id is not null and workflow_class is null and workflow is not null group by workflow
"""
_LAST_SEEN = """
    select workflow_class, max(started_at) from requests where workflow_class is not null group by workflow_class
"""
_HOURLY = """
    with hours as (
        select workflow_class, date_trunc('hour', occurred_at) as hour_at, count(*) as fallback_count
        from fallback_events where workflow_class is not null group by workflow_class, date_trunc('hour', occurred_at)
    )
    select workflow_class, quantile_cont(fallback_count, 0.95) from hours group by workflow_class
"""
_CONFIDENCE = """
    select exists (select 1 from attempts where confidence is not null)
        or exists (select 1 from fallback_events where cause = 'low_confidence')
"""


def observed(con: store.Connection) -> Seen | None:
    """What the published requests and fallbacks show; None where no request was read."""
    ((since, until),) = con.execute(_SPAN).fetchall()
    if until is None:
        return None
    return Seen(
        until=until,
        since=since,
        undeclared=dict(con.execute(_UNDECLARED).fetchall()),
        last_seen=dict(con.execute(_LAST_SEEN).fetchall()),
        hourly_p95=dict(con.execute(_HOURLY).fetchall()),
        has_confidence=_has_confidence(con),
    )


def published_digests(con: store.Connection) -> dict[tuple[str, int], str]:
    """The digest under which each version was published."""
    found = con.execute("select policy_id, version, digest from policies").fetchall()
    return {(policy_id, version): digest for policy_id, version, digest in found}


def _has_confidence(con: store.Connection) -> bool | None:
    """None for a project that was moved: its attempts are found again by the next run."""
    try:
        ((found,),) = con.execute(_CONFIDENCE).fetchall()
    except (duckdb.PermissionException, duckdb.IOException):
        return None
    return bool(found)
