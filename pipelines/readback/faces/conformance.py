"""What the faces ask about keeping to the policy: one function, one question, one small frame. The SQL is in models/.

Every frame speaks of the versions in force at `as_of`; times are UTC. A share comes with its Clopper-Pearson limit.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from readback import store
from readback.contracts.vocabulary import VerdictReason
from readback.faces import asked, figures
from readback.store import Connection

SOON = timedelta(days=30)
"""An approval that ends within this time is told."""

SILENT = (VerdictReason.SILENT_DOWNGRADE, VerdictReason.SILENT_UPGRADE)
"""What an answer without any sign to the user may be."""


def weekly_verdicts(con: Connection) -> pl.DataFrame:
    """Verdicts by class and week, newest week first, with the share that breached the policy and its exact limits."""
    return _ask(con, "weekly_verdicts")


def violations(con: Connection) -> pl.DataFrame:
    """Every reason that a verdict gave, breaches first, by class, version and rule, with an example."""
    return _ask(con, "violations")


def overdue_reviews(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Versions in force whose review was due before."""
    return _ask(con, "overdue_reviews", as_of=as_of)


def expiring_approvals(con: Connection, as_of: datetime, within: timedelta = SOON) -> pl.DataFrame:
    """Substitutes whose approval has ended or soon will, with how often they answered in the last 28 days."""
    return _ask(con, "expiring_approvals", as_of=as_of, within_s=within.total_seconds())


def concentration(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Failure domains, with the classes that would have no way out and the share of the last 28 days' answers."""
    return _ask(con, "concentration", as_of=as_of)


def idle_triggers(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Declared triggers that never fired; `is_visible` is false where no log can show one."""
    return _ask(con, "idle_triggers", as_of=as_of)


def undeclared_causes(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Causes that were seen in a class and that none of its triggers declares, the most frequent first."""
    return _ask(con, "undeclared_causes", as_of=as_of)


def silent(con: Connection, as_of: datetime, kind: VerdictReason) -> pl.DataFrame:
    """Silent downgrades or silent upgrades of the last 28 days, newest first, at most 500."""
    sql = """
        select occurred_at, workflow, preferred_model, served_model, verdict_reasons, verdict_rules, policy_version,
            fallback_id
        from fallback_events
        where is_silent and list_contains(verdict_reasons, $kind)
          and occurred_at > $as_of - interval 28 day and occurred_at <= $as_of
        order by occurred_at desc, fallback_id limit 500
    """
    return asked.frame(con, sql, as_of=as_of, kind=kind.value)


def silent_title(found: pl.DataFrame) -> str:
    """How many silent downgrades, and upgrades where there are some, a list of fallbacks holds.

    >>> silent_title(pl.DataFrame({"verdict_reasons": [["unmarked", "silent_downgrade"], ["silent_upgrade"]]}))
    '1 silent downgrade, 1 silent upgrade'
    """
    counts = {kind: int(found["verdict_reasons"].list.contains(kind.value).sum()) for kind in SILENT}
    told = [figures.counted(n, kind.replace("_", " ")) for kind, n in counts.items() if n or kind is SILENT[0]]
    return ", ".join(told)


def views(con: Connection, as_of: datetime) -> dict[str, pl.DataFrame]:
    """Every view of conformance by name, in the order in which they are read."""
    dated: dict[str, Callable[[Connection, datetime], pl.DataFrame]] = {
        "silent_downgrades": partial(silent, kind=SILENT[0]),
        "silent_upgrades": partial(silent, kind=SILENT[1]),
        "overdue_reviews": overdue_reviews,
        "expiring_approvals": expiring_approvals,
        "concentration": concentration,
        "idle_triggers": idle_triggers,
        "undeclared_causes": undeclared_causes,
    }
    told = {"weekly_verdicts": weekly_verdicts(con), "violations": violations(con)}
    return told | {name: ask(con, as_of) for name, ask in dated.items()}


def _ask(con: Connection, name: str, **parameters: Any) -> pl.DataFrame:
    return asked.frame(con, store.model(f"conformance/{name}"), **parameters)
