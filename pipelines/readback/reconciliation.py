"""STEP: independent counters → counts per hour → what the logs lack of them, for the days that changed.

The rules are in `models/continuity/`: `source_counters`, `counted_stretches`, `logged_counts`, `reconciliation`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from readback import store
from readback.continuity import LEAD_IN, find_second_observers, name_models
from readback.ledger import CALL_OVERLAP_S, LONGEST_COUNT_S
from readback.policy.version import Policy
from readback.sources import sources, subjects
from readback.stretches import Range, batches, join_days

_REACH = timedelta(seconds=LONGEST_COUNT_S)


def reconcile(con: store.Connection, policies: Sequence[Policy]) -> None:
    """Replace the counts and comparisons of every day on which an attempt or a counter changed."""
    days = con.execute("select day from ledger.dirty_days union select day from ledger.counted_days").fetchall()
    if not con.execute("select 1 from counter_readings limit 1").fetchall():
        return
    _declare_subjects(con)
    for part in batches(join_days(_with_longer(day for (day,) in days))):
        _reconcile_part(con, policies, part)


def _with_longer(days: Any) -> set[date]:
    """The days, and those before them: what was counted for longer than an hour is told of where it begins."""
    return {day - timedelta(days=back) for day in days for back in (0, 1, 2)}


def _reconcile_part(con: store.Connection, policies: Sequence[Policy], part: Range) -> None:
    scope = {"from_at": part[0], "to_at": part[1], "longest_s": LONGEST_COUNT_S, "overlap_s": CALL_OVERLAP_S}
    for table in ("source_counters", "reconciliation"):
        con.execute(f"delete from {table} where hour >= ? and hour < ?", [*part])
    store.insert_model(con, "source_counters", store.model("continuity/source_counters"), scope)
    store.temp_table(con, "counted_stretches", "continuity/counted_stretches", scope)
    if not con.execute("select 1 from counted_stretches limit 1").fetchall():
        return
    around = (part[0] - LEAD_IN, part[1] + _REACH)
    name_models(con, policies, around)
    find_second_observers(con, around)
    store.temp_table(con, "logged_counts", "continuity/logged_counts", scope)
    store.insert_model(con, "reconciliation", store.model("continuity/reconciliation"), scope)


def _declare_subjects(con: store.Connection) -> None:
    """Which logs a counter speaks of, and how far those that were read reach."""
    con.execute(
        """create or replace temp table counter_subjects (
            source varchar, compared_with varchar, log_source varchar, provider varchar
        )"""
    )
    con.executemany("insert into counter_subjects values (?, ?, ?, ?)", subjects())
    logs = [name for name, source in sources().items() if source.header.emits == "attempts"]
    con.execute(
        """create or replace temp table log_files as
        select source, first_at, last_at, loaded_at from (
            select unnest(list_prepend(source, other_sources)) as source, first_at, last_at, loaded_at from files
            where state = 'loaded' and first_at is not null
        ) where list_contains($logs, source)""",
        {"logs": logs},
    )
