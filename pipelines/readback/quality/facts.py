"""Checks → facts: one aggregate scan of a table by DuckDB, and rows that show a failure."""

from collections.abc import Sequence
from dataclasses import dataclass

from readback import store
from readback.contracts import Row
from readback.quality.checks import Check
from readback.stretches import Range

TIMES = {
    "attempts": "started_at",
    "requests": "started_at",
    "fallback_events": "occurred_at",
    "unanswered_requests": "occurred_at",
    "runs": "started_at",
    "run_status": "started_at",
}
"""Tables that grow with the traffic: only their changed stretches are checked."""

_NEW_FILES = """select file_id from files
    where loaded_at > coalesce((select max(loaded_at) from ledger.runs where is_published), timestamptz '-infinity')"""
NEW_ROWS = {
    "outcomes": f"file_id in ({_NEW_FILES})",
    "outcome_links": f"outcome_id in (select outcome_id from outcomes where file_id in ({_NEW_FILES}))",
}
"""Tables that grow with the outcomes, which may tell of any time: only what was read since the last publication."""

MOST_RUNS = 50_000
"""About so many runs are looked at in `run_status`, a view that is dear to evaluate."""

MOST_KEYS = 1_000_000
_SHOWN = 5


@dataclass(frozen=True)
class Scope:
    """The rows under check, and the requests of the same time, as relations."""

    rows: str
    requests: str

    def fill(self, sql: str) -> str:
        """A check's query with the relations in place."""
        return sql.replace("{rows}", self.rows).replace("{requests}", self.requests)


@dataclass(frozen=True)
class Facts:
    """What was measured of one table: the rows looked at, and one number for each check; None without any value."""

    rows: int
    scope: Scope
    values: dict[str, float | None]


def measure(con: store.Connection, row: type[Row], asked: Sequence[Check], changed: Sequence[Range]) -> Facts | None:
    """The facts that checks ask for; None where nothing changed in a table that is checked by stretches."""
    if row.table in TIMES and not changed:
        return None
    scope = Scope(_relation(con, row, changed), f"(select * from requests where {_stretches('started_at', changed)})")
    ((rows,),) = con.execute(f"select count(*) from {scope.rows}").fetchall()
    facts = ", ".join(each.fact or f"(select count(*) from ({scope.fill(each.broken)}))" for each in asked)
    sampling = str(max(1, -(-rows // MOST_KEYS)))
    (values,) = con.execute(f"select {facts.replace('{sampling}', sampling)} from {scope.rows}").fetchall()
    return Facts(rows, scope, {each.name: _number(value) for each, value in zip(asked, values, strict=True)})


def failing_rows(con: store.Connection, asked: Check, scope: Scope) -> str:
    """JSON of up to five rows that break a check."""
    ((sample,),) = con.execute(
        f"""select cast(to_json(list(broken)) as varchar)
        from (select * from ({scope.fill(asked.broken)}) limit {_SHOWN}) as broken"""
    ).fetchall()
    return str(sample)


def _relation(con: store.Connection, row: type[Row], changed: Sequence[Range]) -> str:
    """The rows to look at."""
    if row.table in NEW_ROWS:
        return f"(select * from {row.table} where {NEW_ROWS[row.table]})"
    if row.table not in TIMES:
        return row.table
    stretches = _stretches(TIMES[row.table], changed)
    if row.table == "run_status":
        return _sampled_status(con, stretches)
    return f"(select * from {row.table} where {stretches})"


def _sampled_status(con: store.Connection, stretches: str) -> str:
    """The view over some of the runs alone: its own text, with `runs` cut to them first."""
    ((rows,),) = con.execute(f"select count(*) from runs where {stretches}").fetchall()
    sample = f"({stretches}) and hash(run_id) % {max(1, rows // MOST_RUNS)} = 0"
    con.execute(f"create or replace temp table runs as select * from main.runs where {sample}")
    con.execute(f"create or replace temp table checked_status as\n{store.model('continuity/run_status')}")
    con.execute("drop table temp.runs")
    return "checked_status"


def _stretches(time: str, changed: Sequence[Range]) -> str:
    inside = " or ".join(
        f"({time} >= timestamptz '{start.isoformat()}' and {time} < timestamptz '{end.isoformat()}')"
        for start, end in changed
    )
    return inside or "false"


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
