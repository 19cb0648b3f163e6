"""The contracts keep their own rules, and DuckDB's tables, comments and dictionary say what they say."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

import pytest

from readback import store
from readback.contracts import BY_TABLE, PUBLISHED, Column, Row, columns
from readback.contracts.ddl import describe, dictionary

TYPE_OF_SUFFIX = {
    "_at": "TIMESTAMP WITH TIME ZONE",
    "_s": "DOUBLE",
    "_ms": "DOUBLE",
    "_usd": "DOUBLE",
    "_fraction": "DOUBLE",
    "_tokens": "BIGINT",
    "_count": "BIGINT",
    "_lines": "BIGINT",
}
# Moments whose usual name says that they are one.
MOMENTS = {
    "as_of",
    "coverage_from",
    "coverage_to",
    "effective_from",
    "effective_to",
    "hour",
    "impact_end",
    "impact_start",
    "period_start",
    "previous_as_of",
    "previous_start",
}
# Yes-or-no columns of the native outcome format, which people write by hand.
PLAIN_BOOLEANS = {"appropriate", "retracted"}
# A word in one table and a number in another.
HOMONYMS = {"confidence", "rule_version"}

EVERY_COLUMN = [
    pytest.param(row, column, id=f"{row.table}.{column.name}") for row in PUBLISHED for column in columns(row)
]


@pytest.fixture(scope="module")
def database() -> Iterator[store.Connection]:
    """Every published name, empty, with its comments."""
    con = store.memory()
    store.create_tables(con)
    for name in store.VIEWS:
        con.execute(f"create view {name} as {empty_select(BY_TABLE[name])}")
    store.describe_database(con)
    yield con
    con.close()


def empty_select(row: type[Row]) -> str:
    """A query without rows that has the columns of a contract."""
    return (
        "select "
        + ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in columns(row))
        + " limit 0"
    )


def flat(con: store.Connection, sql: str, *parameters: str) -> list[str | None]:
    """The values of a one-column query."""
    return list(chain.from_iterable(con.execute(sql, parameters).fetchall()))


@pytest.mark.parametrize(("row", "column"), EVERY_COLUMN)
def test_every_column_says_what_it_means(row: type[Row], column: Column) -> None:
    assert column.description.endswith((".", "?")), f"{row.table}.{column.name}: {column.description!r}"


@pytest.mark.parametrize(("row", "column"), EVERY_COLUMN)
def test_suffix_and_type_agree(row: type[Row], column: Column) -> None:
    suffix = next((suffix for suffix in TYPE_OF_SUFFIX if column.name.endswith(suffix)), None)
    assert suffix is None or column.sql_type == TYPE_OF_SUFFIX[suffix]


@pytest.mark.parametrize(("row", "column"), EVERY_COLUMN)
def test_moment_is_named_as_one(row: type[Row], column: Column) -> None:
    is_moment = column.sql_type.startswith("TIMESTAMP")
    assert is_moment == (column.name.endswith("_at") or column.name in MOMENTS)


@pytest.mark.parametrize(("row", "column"), EVERY_COLUMN)
def test_boolean_is_named_as_one(row: type[Row], column: Column) -> None:
    is_named = column.name.startswith(("is_", "has_", "was_")) or column.name in PLAIN_BOOLEANS
    assert (column.sql_type == "BOOLEAN") == is_named


def test_one_name_has_one_type_everywhere() -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for row in PUBLISHED:
        for column in columns(row):
            types[column.name].add(column.sql_type)
    assert {name for name, found in types.items() if len(found) > 1} <= HOMONYMS


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.table)
def test_table_says_what_a_row_is_and_what_identifies_it(row: type[Row]) -> None:
    assert describe(row).endswith(".")
    assert row.key
    assert set(row.key) <= {column.name for column in columns(row)}


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.table)
def test_table_has_the_columns_of_its_contract(database: store.Connection, row: type[Row]) -> None:
    told = [(name, sql_type) for name, sql_type, *_ in database.execute(f"describe {row.table}").fetchall()]
    assert told == [(column.name, column.sql_type) for column in columns(row)]


@pytest.mark.parametrize("row", [row for row in PUBLISHED if row.table not in store.VIEWS], ids=lambda row: row.table)
def test_table_refuses_null_where_its_contract_does(database: store.Connection, row: type[Row]) -> None:
    told = flat(
        database, "select column_name from duckdb_columns() where table_name = ? and not is_nullable", row.table
    )
    assert set(told) == {column.name for column in columns(row) if not column.is_nullable}


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row.table)
def test_every_table_and_column_carries_its_comment(database: store.Connection, row: type[Row]) -> None:
    listing = "select comment from duckdb_views() where view_name = ?"
    if row.table not in store.VIEWS:
        listing = "select comment from duckdb_tables() where table_name = ?"
    of_columns = "select comment from duckdb_columns() where table_name = ? order by column_index"
    assert flat(database, listing, row.table) == [describe(row)]
    assert flat(database, of_columns, row.table) == [column.description for column in columns(row)]


def test_dictionary_lists_every_column_of_the_database(database: store.Connection) -> None:
    listed = database.sql("select table_name, column_name, position, sql_type, description from data_dictionary")
    found = database.sql("""
        select table_name, column_name, column_index, data_type, comment from duckdb_columns()
        where schema_name = 'main' and not internal""")
    assert sorted(listed.fetchall()) == sorted(found.fetchall())


def test_dictionary_keeps_bounds_and_closed_sets() -> None:
    entries = {(entry["table_name"], entry["column_name"]): entry for entry in dictionary(PUBLISHED)}
    assert entries["attempts", "confidence"]["maximum"] == 1
    assert entries["attempts", "line"]["minimum"] == 1
    assert entries["attempts", "status"]["allowed_values"] == ["ok", "error", "cancelled", "blocked"]
    assert entries["attempts", "workflow"]["allowed_values"] is None
    assert entries["attempts", "attempt_id"]["is_key"]


def test_no_two_contracts_share_a_table() -> None:
    assert len(BY_TABLE) == len(PUBLISHED)
