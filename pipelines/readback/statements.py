"""Whether a statement that somebody typed may run: one statement, that reads rows of readback and nothing else.

The database is opened read-only, without files, network or settings; this refuses what that leaves open: functions
that look at the process, wait, write logs, or run another text as SQL.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from readback.errors import QueryError

_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?\s", re.IGNORECASE)
_CLOSED = frozenset(
    {"current_setting", "getvariable", "pg_sleep", "query", "query_table", "setseed", "which_secret", "write_log"}
)
_OPEN_CATALOGS = frozenset({"duckdb_columns", "duckdb_constraints", "duckdb_schemas", "duckdb_tables", "duckdb_views"})
_CATALOG = "duckdb_"


def check(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a statement that may not run, or whose `$parameters` are not exactly the ones given.

    Raises:
        QueryError: one sentence on what is wrong with it.
        duckdb.Error: it cannot be parsed.
    """
    statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"expected one statement, found {len(statements)}")
    if statements[0].type not in _READING:
        raise QueryError("only a statement that reads may run here: select, with, from, describe, explain")
    for name in _functions(con, _EXPLAIN.sub("", sql, count=1) if _EXPLAIN.match(sql) else sql):
        if name in _CLOSED or (name.startswith(_CATALOG) and name not in _OPEN_CATALOGS):
            raise QueryError(f"{name}() is closed here: it tells nothing of readback's rows")
    _check_parameters(statements[0].named_parameters, parameters)


def _functions(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[str]:
    """Names of every function and catalog that a statement calls, as its parser sees them."""
    ((told,),) = con.execute("select cast(json_serialize_sql($sql) as varchar)", {"sql": sql}).fetchall()
    tree = json.loads(told)
    if tree["error"]:
        raise QueryError(f"only a statement that reads may run here: {tree['error_message']}")
    yield from _names(tree)


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("function_name", "table_name") and isinstance(value, str):
                if key == "function_name" or value.lower().startswith(_CATALOG):
                    yield value.lower()
            else:
                yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)


def _check_parameters(named: set[str], given: Mapping[str, Any]) -> None:
    if missing := sorted(named - set(given)):
        raise QueryError(f"the statement has no value for ${missing[0]}")
    if strange := sorted(set(given) - named):
        raise QueryError(f"the statement does not name ${strange[0]}, for which a value was given")
