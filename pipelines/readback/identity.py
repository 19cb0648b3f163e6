"""Which file it is: known by its content, found again when it grew, and not read again while it lies untouched."""

from dataclasses import dataclass
from pathlib import Path

import xxhash

from readback import store
from readback.contracts import LedgerFile
from readback.contracts.ddl import column_names
from readback.feed import compression, shape
from readback.inputs.origins import Origin

_BLOCK = 1 << 22
_HEAD = 512
_CANDIDATES = 200


@dataclass(frozen=True)
class Identity:
    """A file's content hash, and the known file of which it is a grown copy."""

    file_id: str
    size: int
    continues: LedgerFile | None
    known: tuple[int, int]
    """Bytes and lines at its start that were read as part of that file."""


def identify(con: store.Connection, log: Origin, file: Path) -> Identity | None:
    """Hash of the content of a log that lies in a file; None when it is known.

    A known file that is its beginning is found in the same pass.
    """
    size = file.stat().st_size
    shorter = _shorter_files(con, log, file, size)
    hasher, position = xxhash.xxh3_128(), 0
    continues: tuple[LedgerFile, tuple[int, int]] | None = None
    lines, line_start = 0, 0
    with file.open("rb") as stream:
        for known in [*shorter, None]:
            end = known.bytes if known else size
            while position < end and (block := stream.read(min(_BLOCK, end - position))):
                hasher.update(block)
                if shorter:
                    lines += block.count(b"\n")
                    line_start = position + block.rfind(b"\n") + 1 if b"\n" in block else line_start
                position += len(block)
            if known is not None and hasher.hexdigest() == known.file_id:
                continues = (known, (line_start, lines))
    file_id = hasher.hexdigest()
    _remember(con, log, file, file_id)
    if con.execute("select 1 from files where file_id = ? and state in ('loaded', 'empty')", [file_id]).fetchall():
        return None
    if continues is None or shape(file) != "lines":
        return Identity(file_id, size, None, (0, 0))
    return Identity(file_id, size, *continues)


def is_untouched(con: store.Connection, log: Origin) -> bool:
    """Its stamp is as when its content was last looked at, and it was read: it need not be read again."""
    stamp = log.stamp()
    if stamp is None or (stamp.modified_ns is None and stamp.etag is None):
        return False
    found = con.execute(
        """select 1 from ledger.seen as s inner join files as f on s.file_id = f.file_id
        where s.path = ? and s.bytes = ? and s.modified_ns is not distinct from ? and s.etag is not distinct from ?
            and f.state in ('loaded', 'empty')""",
        [log.address, stamp.size, stamp.modified_ns, stamp.etag],
    )
    return bool(found.fetchall())


def _remember(con: store.Connection, log: Origin, file: Path, file_id: str) -> None:
    stamp = log.stamp()
    con.execute("delete from ledger.seen where path = ?", [log.address])
    if stamp is not None:
        con.execute(
            "insert into ledger.seen by name select ? as path, ? as bytes, ? as modified_ns, ? as etag, ? as file_id,"
            " ? as head",
            [log.address, stamp.size, stamp.modified_ns, stamp.etag, file_id, _head(file)],
        )


def _head(file: Path) -> str:
    """Hash of the first bytes: a file that grew begins as it did before."""
    with file.open("rb") as stream:
        return xxhash.xxh3_128(stream.read(_HEAD)).hexdigest()


def _shorter_files(con: store.Connection, log: Origin, file: Path, size: int) -> list[LedgerFile]:
    """Known plain files of the same folder that this one may have grown from, by size."""
    if compression(file) != "none":
        return []
    folder = log.address.rpartition("/")[0]
    names = ", ".join(column_names(LedgerFile))
    found = con.execute(
        f"""select {names} from files where bytes < ? and bytes > 0 and state = 'loaded'
        and (path = ? or path[1:?] = ?)
        and (bytes < ? or file_id in (select file_id from ledger.seen where head = ?))
        order by path <> ?, bytes desc limit ?""",
        [size, log.address, len(folder), folder, _HEAD, _head(file), log.address, _CANDIDATES],
    )
    shorter = [LedgerFile(**dict(zip(LedgerFile.model_fields, row, strict=True))) for row in found.fetchall()]
    return sorted(shorter, key=lambda known: known.bytes)
