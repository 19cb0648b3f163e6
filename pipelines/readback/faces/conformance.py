"""What the faces ask about keeping to the policy: one function, one question, one small frame. The SQL is in models/.

Every frame speaks of the versions in force at `as_of`; times are UTC. A share comes with its Clopper-Pearson limit.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from readback import store
from readback.faces import asked
from readback.policy.triggers import RULES
from readback.settings import Project
from readback.stats import clopper_pearson
from readback.store import Connection

SOON = timedelta(days=30)
"""An approval that ends within this time is told."""


def weekly_verdicts(con: Connection, zone: str = "UTC", week_starts: str = "monday") -> pl.DataFrame:
    """Verdicts by class and week, newest week first, with the share that breached the policy and its upper limit.

    The share is of the fallbacks, and of the requests that failed without one, that can be judged; NULL where none can.
    The limits are exact (Clopper-Pearson, two-sided 95%): they hold for the few events of one week.
    """
    shift = -1 if week_starts == "sunday" else 0
    frame = _ask(con, "weekly_verdicts", timezone=zone, shift_days=shift)
    limits = clopper_pearson(frame["breaches"].to_numpy(), frame["judged"].to_numpy())
    is_told = pl.col("judged") > 0
    return frame.with_columns(
        pl.when(is_told).then(pl.col("breaches") / pl.col("judged")).alias("breach_fraction"),
        pl.when(is_told).then(pl.Series(limits.high, dtype=pl.Float64)).alias("breach_fraction_high"),
    )


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
    return _ask(con, "declared_triggers", as_of=as_of, **_causes()).filter(pl.col("seen_count").fill_null(0) == 0)


def undeclared_causes(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Causes that were seen in a class and that none of its triggers declares, the most frequent first."""
    return _ask(con, "undeclared_causes", as_of=as_of, **_causes())


def silent_downgrades(con: Connection, as_of: datetime) -> pl.DataFrame:
    """Silent fallbacks of the last 28 days, newest first, at most 500."""
    sql = """
        select occurred_at, workflow, preferred_model, served_model, verdict_reasons, verdict_rules, fallback_id
        from fallback_events where is_silent and occurred_at > $as_of - interval 28 day and occurred_at <= $as_of
        order by occurred_at desc, fallback_id limit 500
    """
    return asked.frame(con, sql, as_of=as_of)


def views(con: Connection, project: Project, as_of: datetime) -> dict[str, pl.DataFrame]:
    """Every view of conformance by name, in the order in which they are read."""
    settings = project.settings.project
    dated: dict[str, Callable[[Connection, datetime], pl.DataFrame]] = {
        "silent_downgrades": silent_downgrades,
        "overdue_reviews": overdue_reviews,
        "expiring_approvals": expiring_approvals,
        "concentration": concentration,
        "idle_triggers": idle_triggers,
        "undeclared_causes": undeclared_causes,
    }
    weekly = weekly_verdicts(con, settings.timezone, settings.week_starts)
    return {"weekly_verdicts": weekly} | {name: ask(con, as_of) for name, ask in dated.items()}


def _causes() -> dict[str, list[str | None]]:
    """Trigger types and the causes that logs show for them, side by side."""
    return {
        "types": [kind.value for kind in RULES],
        "causes": [rule.cause.value if rule.cause else None for rule in RULES.values()],
    }


def _ask(con: Connection, name: str, **parameters: Any) -> pl.DataFrame:
    return asked.frame(con, store.model(f"conformance/{name}"), **parameters)
