"""Bundled samples, landed the way the ledger lands them, as plain rows."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from readback import shipped, store
from readback.contracts.ddl import literal
from readback.feed import prepare, sample, shape
from readback.landing import KEYS, Landed, land, prepare_session
from readback.settings import Settings
from readback.sources import Source, recognize, sources

GOLDEN = Path(__file__).parent / "sources"
PARAMETERS = {"file_id": "sample", "hash_key": "secret", "loaded_at": datetime(2026, 11, 24, tzinfo=UTC)}


def sample_files(source: str) -> list[Path]:
    """The files of `data/samples/<source>/`; empty when there are none."""
    folder = shipped.samples() / source
    return sorted(file for file in folder.glob("*") if file.is_file())


def golden_file(source: str) -> Path:
    """Where a connector's expected rows stand."""
    return GOLDEN / f"{source}.golden.jsonl"


def recognized(file: Path) -> Source | None:
    """The connector of a file, by its records."""
    return recognize(sample(file, shape(file)))


@cache
def session() -> store.Connection:
    """One connection for all landings of a test process: opening one costs as much as landing a sample."""
    con = store.memory()
    con.execute("set threads = 1")
    prepare_session(con)
    return con


def landed(source: Source, file: Path, settings: Settings | None = None) -> tuple[Landed, list[dict[str, Any]]]:
    """What became of one file, and its rows in the order of the part, with every landed column."""
    with TemporaryDirectory() as scratch:
        part = Path(scratch) / "part.parquet"
        con = session()
        with prepare(file, shape(file), Path(scratch) / "feed.jsonl") as feed:
            result = land(con, source, feed, part, settings or Settings(), PARAMETERS)
        relation = con.sql(
            f"""select * exclude (file_row_number, problem, is_ignored)
                replace (coalesce(line, file_row_number + 1) as line)
            from read_parquet({literal(str(part))}, file_row_number = true)
            where {KEYS[source.header.emits]} is not null"""
        )
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return result, rows


@cache
def landed_sample(source: str, file: Path) -> tuple[Landed, list[dict[str, Any]]]:
    """What became of a bundled sample, landed once for all tests; nobody may change it."""
    return landed(sources()[source], file)


def golden_lines(source: Source) -> Iterator[str]:
    """File by file one JSON line per row, without its NULLs, and one per line that could not be read."""
    for file in sample_files(source.name):
        result, rows = landed_sample(source.name, file)
        for row in rows:
            told = {name: value for name, value in row.items() if value is not None}
            yield json.dumps({"file": file.name, **told}, default=_text, ensure_ascii=False)
        for broken in result.broken:
            reason = "not valid JSON" if broken.reason.startswith("not valid JSON") else broken.reason
            yield json.dumps({"file": file.name, "line": broken.line, "broken": reason}, ensure_ascii=False)
        yield json.dumps({"file": file.name, "rows": result.rows, "ignored_lines": result.ignored_lines})


def write_golden(source: Source) -> None:
    """Accept what a connector gives now; read the difference before committing it."""
    golden_file(source.name).write_text("\n".join(golden_lines(source)) + "\n", encoding="utf-8")


def _text(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"no text for {type(value)}")
