from collections.abc import Iterator

import pytest

from readback import store


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = store.memory()
    con.execute("set threads = 1")
    store.create_tables(con)
    yield con
    con.close()
