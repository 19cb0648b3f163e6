"""Contract → checks: which fact of a column is counted, and between which limits it must lie."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from readback.contracts import Column, Row, columns
from readback.contracts.ddl import literal
from readback.store import VIEWS

_LEAST = -sys.float_info.max
_DAMAGED = "cast('-infinity' as double)"


@dataclass(frozen=True)
class Check:
    """One fact about one table, and the limits that it must keep.

    `{rows}` in `broken` stands for the rows under check, `{requests}` for the requests of the same time; `fact` is an
    aggregate over the rows under check, and the number of broken ones where it is None.
    """

    table: str
    column: str | None
    name: str
    broken: str
    fact: str | None = None
    least: float | None = None
    greatest: float | None = 0.0
    is_blocking: bool = True
    """A failure stops the publication; otherwise it is a finding about the sources, published with everything else."""


def checks(row: type[Row]) -> list[Check]:
    """What a contract says of its rows, as checks: absent values, vocabulary, limits, and a key that is unique."""
    found = [check for column in columns(row) for check in _column_checks(row, column)]
    return found + ([_unique(row)] if row.key else [])


def _column_checks(row: type[Row], column: Column) -> Iterator[Check]:
    if not column.is_nullable and row.table in VIEWS:  # a table refuses them itself
        yield _count(row, column, "is never absent", f"{column.name} is null")
    if column.allowed is not None:
        yield _count(row, column, "is a word of its vocabulary", _outside(column))
    if column.minimum is not None or column.sql_type == "DOUBLE":
        yield _floor(row, column)
    if column.maximum is not None:
        yield _ceiling(row, column, column.maximum)


def _count(row: type[Row], column: Column, told: str, predicate: str) -> Check:
    return Check(
        table=row.table,
        column=column.name,
        name=f"{column.name} {told}",
        broken=f"select * from {{rows}} where {predicate}",
        fact=f"count(*) filter (where {predicate})",
    )


def _outside(column: Column) -> str:
    words = ", ".join(literal(word) for word in column.allowed or ())
    if column.sql_type.endswith("[]"):
        return f"not list_has_all([{words}], {column.name})"
    return f"{column.name} not in ({words})"


def _floor(row: type[Row], column: Column) -> Check:
    """The least value. One that is no number at all (NaN, infinite) counts as lower than any floor."""
    name, least = column.name, _LEAST if column.minimum is None else column.minimum
    is_double = column.sql_type == "DOUBLE"
    told = f"at least {column.minimum:g}" if column.minimum is not None else "a number"
    return Check(
        table=row.table,
        column=name,
        name=f"{name} is {'finite and ' if is_double and column.minimum is not None else ''}{told}",
        broken=f"select * from {{rows}} where {name} < {least}" + (f" or not isfinite({name})" if is_double else ""),
        fact=f"min(case when isfinite({name}) then {name} when {name} is not null then {_DAMAGED} end)"
        if is_double
        else f"min({name})",
        least=least,
        greatest=None,
    )


def _ceiling(row: type[Row], column: Column, greatest: float) -> Check:
    return Check(
        table=row.table,
        column=column.name,
        name=f"{column.name} is at most {greatest:g}",
        broken=f"select * from {{rows}} where {column.name} > {greatest}",
        fact=f"max({column.name})",
        greatest=greatest,
    )


def _unique(row: type[Row]) -> Check:
    """Keys are compared by hash; of very many rows, those of some hashes, with all that share them."""
    key = ", ".join(row.key)
    sampled = f"filter (where hash({key}) % {{sampling}} = 0)"
    return Check(
        table=row.table,
        column=None,
        name=f"{key} is unique" if len(row.key) == 1 else f"{key} together are unique",
        broken=f"select {key}, count(*) as row_count from {{rows}} group by all having count(*) > 1",
        fact=f"count(*) {sampled} - count(distinct hash({key})) {sampled}",
    )
