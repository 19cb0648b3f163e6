from collections.abc import Iterator

import pytest

from readback import store
from readback.contracts import BY_TABLE, columns


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = store.memory()
    con.execute("set threads = 1")
    store.create_tables(con)
    named = ", ".join(f"{column.name} {column.sql_type}" for column in columns(BY_TABLE["attempts"]))
    con.execute(f"create table attempts ({named})")
    yield con
    con.close()
