"""The analyst's desk: one statement at a time on the published snapshot, within limits of time and memory.

import readback

with readback.open("my-project") as desk:
frame = desk.sql("select * from episodes where workflow = $workflow", workflow="claims")
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Timer
from types import TracebackType
from typing import Any, Self

import duckdb
import polars as pl

from readback import store
from readback.errors import QueryError
from readback.settings import Project


@dataclass
class Desk:
    """The newest snapshot of a project, open for reading; it stays the same while newer ones are published."""

    project: Project
    con: store.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.con = store.connect_published(self.project)

    def sql(self, statement: str, **parameters: Any) -> pl.DataFrame:
        """The rows of one statement that reads; `$name` in it stands for a parameter.

        Moments are UTC. Raises QueryError with one sentence where it may not run, cannot, or takes too long.
        """
        return rows(self.con, self.project, statement, parameters)

    def close(self) -> None:
        """Let the snapshot go."""
        self.con.close()

    def __enter__(self) -> Self:
        """The desk itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def rows(con: store.Connection, project: Project, statement: str, parameters: dict[str, Any]) -> pl.DataFrame:
    """The rows of one statement on a reader's connection, within the limits of `[sql]`.

    Raises:
        QueryError: it may not run, cannot, or needs more time or memory than it may take.
    """
    limits = project.settings.sql
    try:
        with _interrupted_after(con, limits.timeout):
            found: pl.DataFrame = store.select(con, statement, parameters).pl()
            return found
    except duckdb.InterruptException:
        told = f"stopped after {limits.timeout:g} s; narrow it, or raise `[sql] timeout`"
        raise QueryError(told) from None
    except duckdb.OutOfMemoryException:
        told = f"needs more memory than {limits.memory_limit}; narrow it, or raise `[sql] memory_limit`"
        raise QueryError(told) from None
    except duckdb.Error as error:
        raise QueryError(str(error).splitlines()[0]) from None


@contextmanager
def _interrupted_after(con: store.Connection, seconds: float) -> Iterator[None]:
    watch = Timer(seconds, con.interrupt)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
