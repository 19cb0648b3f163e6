"""Checks of every published table, derived from its contract. DuckDB counts, Great Expectations judges the counts.

A table is read once; of a table that grows with the traffic only the stretches that changed are read.
"""

from collections.abc import Sequence
from datetime import datetime

from readback import store
from readback.contracts import BY_TABLE, QualityResult
from readback.contracts.ddl import literal
from readback.errors import QualityError
from readback.quality.checks import Check, checks
from readback.quality.facts import Facts, failing_rows, measure
from readback.quality.laws import LAWS
from readback.stretches import Range

__all__ = ["check", "failures", "table_checks"]


def check(con: store.Connection, table: str, changed: Sequence[Range], as_of: datetime) -> list[QualityResult]:
    """Check one table and keep the results in `quality_results`; where nothing changed, the last ones stay."""
    asked = table_checks(table)
    facts = measure(con, BY_TABLE[table], asked, changed)
    if facts is None:
        return []
    results = [_result(con, asked_for, facts, is_passed, as_of) for asked_for, is_passed in _judged(asked, facts)]
    with store.transaction(con):
        con.execute(f"delete from quality_results where table_name = {literal(table)}")
        store.insert_rows(con, QualityResult, results)
    return results


def table_checks(table: str) -> list[Check]:
    """What a table must keep: its contract, and the laws that tie it to others."""
    return checks(BY_TABLE[table]) + [law for law in LAWS if law.table == table]


def failures(con: store.Connection) -> QualityError | None:
    """The first blocking check that failed, as one sentence, and how many more; None where all held."""
    found = con.execute(
        """select table_name, check_name, observed, row_count, sample from quality_results
        where is_blocking and not is_passed order by table_name, check_name"""
    ).fetchall()
    if not found:
        return None
    table, name, observed, rows, sample = found[0]
    more = f" ({len(found) - 1} more checks failed)" if len(found) > 1 else ""
    seen = f"observed {observed:g} in {rows} rows, such as {sample}{more}"
    return QualityError(f"{name}: {seen}; nothing was published", key=table)


def _judged(asked: Sequence[Check], facts: Facts) -> list[tuple[Check, bool]]:
    from readback.quality.suite import judge

    verdicts = judge(asked, facts.values) if facts.rows else dict.fromkeys((each.name for each in asked), True)
    return [(each, verdicts[each.name]) for each in asked]


def _result(con: store.Connection, asked: Check, facts: Facts, is_passed: bool, as_of: datetime) -> QualityResult:
    return QualityResult(
        table_name=asked.table,
        column_name=asked.column,
        check_name=asked.name,
        is_passed=is_passed,
        is_blocking=asked.is_blocking,
        observed=facts.values[asked.name],
        row_count=facts.rows,
        sample=None if is_passed else failing_rows(con, asked, facts.scope),
        as_of=as_of,
    )
