"""Connection strings of PostgreSQL: as libpq takes them, and as they may be shown. Never echoes what it cannot read."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import SecretStr

EXPECTED = "postgresql://user:password@host:5432/database, with special characters percent-encoded"


@dataclass(frozen=True)
class ConnectionString:
    """Where a database is, and how to log in."""

    dsn: SecretStr
    schema: str | None
    """The schema that Prisma's form of a connection string names; libpq has no word for it."""
    address: str
    """`postgres://host:port/database`, without anybody's name or password."""


def parse(dsn: str) -> ConnectionString:
    """Understand a connection string; what it leaves out follows libpq's own environment and defaults.

    Raises:
        ValueError: it is none. The message holds no part of it.
    """
    from psycopg import Error, conninfo, pq

    defaults = {option.keyword.decode(): (option.val or b"").decode() for option in pq.Conninfo.get_defaults()}
    dsn, schema = _without_strangers(dsn.strip(), set(defaults))
    try:
        given = {key: str(value) for key, value in conninfo.conninfo_to_dict(dsn).items() if value is not None}
    except Error:
        raise ValueError(f"expected {EXPECTED}") from None
    told = defaults | given
    host, port, database = told["host"] or told["hostaddr"] or "localhost", told["port"], told["dbname"] or told["user"]
    # An unescaped character of a password shifts its rest into the host, the port or the name.
    if re.search(r"[@?#]", host + database) or not re.fullmatch(r"[\d,]*", port):
        raise ValueError(f"expected {EXPECTED}")
    shown = quote(host, safe=",:.-_") + (f":{port}" if port not in ("", "5432") else "")
    return ConnectionString(SecretStr(dsn), schema, f"postgres://{shown}/{quote(database, safe='')}")


def _without_strangers(dsn: str, known: set[str]) -> tuple[str, str | None]:
    """Drop what only Prisma understands, such as `connection_limit`; libpq would refuse the whole."""
    head, mark, tail = dsn.partition("?")
    if "://" not in head or not mark:
        return dsn, None
    given = parse_qsl(tail, keep_blank_values=True)
    kept = urlencode([(key, value) for key, value in given if key in known], quote_via=quote)
    return f"{head}?{kept}" if kept else head, dict(given).get("schema")
