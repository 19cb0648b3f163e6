"""What the database needs to know of a contract: tables, comments, dictionary. All derived."""

from readback.contracts.row import Column, Row, columns


def create_table(row: type[Row], schema: str = "main") -> str:
    """`create table if not exists`, without keys: uniqueness is enforced by the step and by a check."""
    body = ",\n    ".join(_definition(column) for column in columns(row))
    return f"create table if not exists {schema}.{row.table} (\n    {body}\n)"


def comments(row: type[Row], kind: str = "table") -> list[str]:
    """One `comment on` statement for the table or view and one for each column."""
    told = [f"comment on {kind} {row.table} is {literal(describe(row))}"]
    told += [f"comment on column {row.table}.{column.name} is {literal(column.description)}" for column in columns(row)]
    return told


def describe(row: type[Row]) -> str:
    """First line of the class docstring: what a row is."""
    return (row.__doc__ or "").strip().splitlines()[0]


def column_names(row: type[Row]) -> list[str]:
    """Names in contract order."""
    return [column.name for column in columns(row)]


def dictionary(rows: tuple[type[Row], ...]) -> list[dict[str, object]]:
    """Rows of `data_dictionary`, one per column of every table."""
    return [_entry(row, position, column) for row in rows for position, column in enumerate(columns(row), start=1)]


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _definition(column: Column) -> str:
    return f"{column.name} {column.sql_type}" + ("" if column.is_nullable else " not null")


def _entry(row: type[Row], position: int, column: Column) -> dict[str, object]:
    return {
        "table_name": row.table,
        "table_description": describe(row),
        "position": position,
        "column_name": column.name,
        "sql_type": column.sql_type,
        "is_nullable": column.is_nullable,
        "is_key": column.name in row.key,
        "description": column.description,
        "allowed_values": list(column.allowed) if column.allowed else None,
        "minimum": column.minimum,
        "maximum": column.maximum,
    }
