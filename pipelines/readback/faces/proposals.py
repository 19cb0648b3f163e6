"""What stands beside a recommendation or an alert: its own patch of the policy, silences, messages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from readback.contracts import Recommendation
from readback.decisions.patch import diff, written
from readback.errors import PolicyError
from readback.faces import asked
from readback.store import Connection


class Proposed(NamedTuple):
    """The unified diff that one recommendation asks of the policy; where it is empty, why, in a sentence."""

    diff: str
    reason: str = ""


def patch(row: Mapping[str, Any], policy_file: Path) -> Proposed:
    """What one recommendation would change in the policy as it stands in the project."""
    if not policy_file.exists():
        return Proposed("", "The project holds no policy file.")
    known = {name: value for name, value in row.items() if name in Recommendation.model_fields}
    try:
        text = policy_file.read_text(encoding="utf-8")
        told = written([Recommendation.model_validate(known)], text)
    except PolicyError as error:
        return Proposed("", f"The policy file cannot be read: {error}.")
    return Proposed(diff(text, told.text), *(f"{reason[:1].upper()}{reason[1:]}." for reason in told.reasons.values()))


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
