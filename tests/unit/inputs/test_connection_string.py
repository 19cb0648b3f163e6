"""A connection string is understood as people write it, shown without who logs in, never echoed when it is wrong."""

import pytest

from readback.inputs.connection_string import parse


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("dsn", "address"),
    [
        ("postgresql://u:p@db.example:5432/litellm", "postgres://db.example/litellm"),
        ("postgres://u:p@db.example:6543/litellm", "postgres://db.example:6543/litellm"),
        ("postgresql://u:p%40%2F@[2001:db8::5]/litellm", "postgres://2001:db8::5/litellm"),
        ("host=/tmp/pg dbname=litellm user=u password=p", "postgres://%2Ftmp%2Fpg/litellm"),
        ("postgresql://%2Ftmp%2Fpg/my%20db?user=u", "postgres://%2Ftmp%2Fpg/my%20db"),
        ("postgresql://u:p@one,two:5433/litellm?target_session_attrs=read-only", "postgres://one,two:,5433/litellm"),
        ("postgresql://u:p#x@db/litellm", "postgres://db/litellm"),
        ("postgresql:///litellm?user=u", "postgres://localhost/litellm"),
    ],
)
def test_address_tells_where_and_not_who(dsn: str, address: str) -> None:
    assert parse(dsn).address == address


def test_what_only_prisma_understands_is_left_out() -> None:
    found = parse("postgresql://u:p@db/litellm?schema=gateway&connection_limit=10&pool_timeout=60&sslmode=require")
    assert (found.dsn.get_secret_value(), found.schema) == ("postgresql://u:p@db/litellm?sslmode=require", "gateway")
    alone = parse("postgresql://u:p@db/litellm?connection_limit=10")
    assert alone.dsn.get_secret_value() == "postgresql://u:p@db/litellm"


@pytest.mark.parametrize(
    "dsn",
    [
        "secret",
        "mysql://u:secret@db/litellm",
        "postgresql://u:sec@ret@db/litellm",
        "postgresql://u:sec/ret@db/litellm",
        "postgresql://u:1/secret@db/litellm",
        "postgresql://u:se?cret@db/litellm",
        "postgresql://u:secret@[db/litellm",
        "postgresql://u:secret@db:port/litellm",
        "host=db password='secret",
        "hots=db password=secret",
    ],
)
def test_what_is_no_connection_string_is_never_echoed(dsn: str) -> None:
    with pytest.raises(ValueError, match="expected postgresql://user:password@host:5432/database") as caught:
        parse(dsn)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secret_is_not_shown_with_the_object() -> None:
    assert "secret" not in repr(parse("postgresql://u:secret@db/litellm"))
