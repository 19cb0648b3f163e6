"""How fast each format is read: its samples, told over and over with other ids, against the bare typed scan."""

import hashlib
import json
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from readback import landing, ledger, shipped, store
from readback.feed import Feed, sample, shape
from readback.inputs import LocalFile
from readback.settings import open_project
from readback.sources import Source, sources

_ID = re.compile(r"(^|[^a-z])(key|sha|number|arn|humanLoopName)$|id$", re.IGNORECASE)
_NO_ID = re.compile(
    r"model|project|account|tenant|workspace|config|queue|org|user|team|agent|page|resource|repository|status",
    re.IGNORECASE,
)
_UUID = "00000000-0000-0000-0000-000000000000"
_HEX = re.compile(r"[0-9a-f-]{16,}|[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=", re.IGNORECASE)


def measure(names: list[str], megabytes: int, rounds: int) -> None:
    """A table: megabytes a second of the scan that only parses the columns, and of everything, and their ratio."""
    print(
        "| format | grain | scan MB/s | everything MB/s | of the scan | rows/s |\n| --- | --- | --- | --- | --- | --- |"
    )
    for name in names or sources():
        source = sources()[name]
        with tempfile.TemporaryDirectory(prefix="readback-bench-") as folder:
            file = _repeated(source, Path(folder), megabytes * 1_000_000)
            scans, loads = [], []
            for number in range(rounds):
                scans.append(_seconds(lambda source=source, file=file: bare_scan(source, file)))
                loads.append(_load(name, file, Path(folder) / str(number)))
            size, scan = file.stat().st_size / 1e6, statistics.median(scans)
            load, rows = statistics.median(load.seconds for load in loads), loads[0].rows
            figures = f"{size / scan:,.0f} | {size / load:,.0f} | {scan / load:.0%} | {rows / load:,.0f}"
            print(f"| `{name}` | {source.header.grain} | {figures} |", flush=True)


def bare_scan(source: Source, file: Path) -> None:
    """Parse the columns that a connector reads, and touch each value."""
    touched = ", ".join(f'min(hash("{name}"))' for name in source.columns)
    con = store.memory()
    con.execute(f"select {touched} from ({landing.records_of(source, Feed(file))})").fetchall()
    con.close()


@dataclass(frozen=True)
class _Load:
    """From a file to registered rows: seconds, rows, and the lines that could not be read."""

    seconds: float
    rows: int
    broken: frozenset[int]


def _load(name: str, file: Path, folder: Path) -> _Load:
    folder.mkdir()
    (folder / "readback.toml").write_text("")
    project = open_project(folder)
    with store.warehouse(project) as con:
        ledger.create_tables(con)
        seconds = _seconds(lambda: ledger.load(con, project, [LocalFile(str(file), name)], datetime.now(UTC)))
        ((rows,),) = con.execute("select sum(rows) from files").fetchall()
        broken = frozenset(line for (line,) in con.execute("select line from quarantine").fetchall())
    return _Load(seconds, rows, broken)


def _repeated(source: Source, folder: Path, size: int) -> Path:
    """JSON lines of the samples' sound records; every copy has ids of its own, so that none is a repeat."""
    samples = sorted((shipped.samples() / source.name).glob("*"))
    records = [record for file in samples for record in sample(file, shape(file))]
    log = folder / "log.jsonl"
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    broken = _load(source.name, log, folder / "once").broken
    sound = [record for number, record in enumerate(records, start=1) if number not in broken]
    with log.open("w", encoding="utf-8") as out:
        for line in _copies(sound):
            out.write(line)
            if out.tell() >= size:
                break
    return log


def _copies(records: list[dict[str, Any]]) -> Iterator[str]:
    number = 0
    while True:
        for record in records:
            yield json.dumps(_renewed(record, "", number)) + "\n"
        number += 1


def _renewed(value: Any, key: str, number: int) -> Any:
    """The same value with ids of its own, of the same length."""
    if isinstance(value, dict):
        return {name: _renewed(member, name, number) for name, member in value.items()}
    if isinstance(value, list):
        return [_renewed(member, key, number) for member in value]
    if not _ID.search(key) or _NO_ID.search(key) or not value:
        return value
    if isinstance(value, int):
        return value + 1_000_000 * number
    if not isinstance(value, str) or not any(letter.isdigit() for letter in value):
        return value
    if not _HEX.fullmatch(value):
        return f"{value}-{number}"
    digest = hashlib.md5(f"{value}{number}".encode()).hexdigest()
    is_uuid = len(value) == len(_UUID)
    # The first half of a UUID may be a time.
    return value[:19] + str(uuid.UUID(digest))[19:] if is_uuid else digest[: 32 if len(value) > 16 else 16]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
