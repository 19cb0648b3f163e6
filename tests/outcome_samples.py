"""The bundled samples of outcome connectors, as landed and as they stand after every revision."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from small_logs import open_ledger
from source_samples import landed_sample, sample_files

from readback import store
from readback.sources import sources

Outcomes = list[dict[str, Any]]

OUTCOME_SOURCES = tuple(
    name for name, source in sources().items() if source.header.emits == "outcomes" and name != "outcomes"
)
"""Every connector of an outcome source but readback's own format."""


@cache
def told(source: str, file: str | None = None) -> Outcomes:
    """Every outcome that the samples of a source give, revisions included."""
    files = [sample for sample in sample_files(source) if file in (None, sample.name)]
    return [row for sample in files for row in landed_sample(source, sample)[1]]


def record(source: str, key: str, kind: str | None = None) -> dict[str, Any]:
    """The last told row of one record; fails unless the samples hold it."""
    return [row for row in told(source) if row["source_record_id"] == key and kind in (None, row["kind"])][-1]


def broken(source: str) -> set[str]:
    """Why lines of the samples could not be read."""
    files = sample_files(source)
    return {line.reason for sample in files for line in landed_sample(source, sample)[0].broken}


def current(root: Path, source: str) -> dict[str, dict[str, Any]]:
    """What holds of each record once the ledger has read the samples, by record id."""
    with open_ledger(root) as books:
        books.load(*sample_files(source))
        relation = books.con.sql(store.model("continuity/current_outcomes"))
        return {row["source_record_id"]: row for row in rows_of(relation.columns, relation.fetchall())}


def rows_of(names: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> Outcomes:
    """Rows as dictionaries."""
    columns = list(names)
    return [dict(zip(columns, row, strict=True)) for row in rows]
