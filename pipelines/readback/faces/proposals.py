"""What stands beside a recommendation or an alert: its own patch of the policy, silences, messages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from readback.contracts import Recommendation
from readback.decisions import policy_patch
from readback.errors import PolicyError
from readback.faces import asked
from readback.store import Connection


def patch(row: Mapping[str, Any], policy_file: Path) -> str:
    """The unified diff that one recommendation asks of the policy; empty where the document cannot express it."""
    if not policy_file.exists():
        return ""
    known = {name: value for name, value in row.items() if name in Recommendation.model_fields}
    try:
        return policy_patch([Recommendation.model_validate(known)], policy_file.read_text(encoding="utf-8"))
    except PolicyError:
        return ""


def ended(con: Connection, workflow: str | None = None) -> pl.DataFrame:
    """Recommendations that are no longer before anybody: rejected, superseded, expired; the latest decision first."""
    sql = """
        select * from recommendations
        where state not in ('open', 'accepted') and ($workflow is null or workflow is null or workflow = $workflow)
        order by decided_at desc nulls last, as_of desc, recommendation_id limit 200
    """
    return asked.frame(con, sql, workflow=workflow)


def silences(con: Connection) -> pl.DataFrame:
    """Agreements not to be told of some alerts, those that end last first."""
    return asked.frame(con, "select * from silences order by expires_at desc, silence_id limit 200")


def notifications(con: Connection) -> pl.DataFrame:
    """Messages of the outbox, newest first, at most 200."""
    return asked.frame(con, "select * from notifications order by created_at desc, notification_id limit 200")


def monitors(con: Connection) -> pl.DataFrame:
    """Outcome rates that are watched for a rise, those with most evidence for one first."""
    sql = "select * from monitors order by evidence_ratio desc nulls last, workflow, metric limit 500"
    return asked.frame(con, sql)
