"""The lake: one immutable Parquet part per input file, and the view `attempts` over those that are registered."""

from pathlib import Path

from readback import store
from readback.contracts.ddl import literal
from readback.landing import Landed
from readback.settings import Project


def refresh_attempts(con: store.Connection) -> None:
    """Point the view `attempts` at the registered parts."""
    parts = con.execute("select path from ledger.parts order by first_at, path").fetchall()
    con.execute(store.attempts_view([path for (path,) in parts]))


def find_lake(con: store.Connection, project: Project) -> None:
    """Look for the parts where the project lies now: it may have been moved."""
    con.execute(
        "update ledger.parts set path = $lake || parse_filename(path) where path <> $lake || parse_filename(path)",
        {"lake": f"{project.lake}/"},
    )
    refresh_attempts(con)


def sweep(con: store.Connection, project: Project) -> None:
    """Remove the parts that the published snapshot reads no more."""
    known = {Path(path) for (path,) in con.execute("select path from ledger.parts").fetchall()}
    for part in project.lake.glob("*.parquet"):
        if part not in known:
            part.unlink()


def make_lake(project: Project) -> None:
    """The lake's folder, without what a killed run left half done; a stage may hold what must not stay."""
    project.lake.mkdir(parents=True, exist_ok=True)
    for stray in project.lake.iterdir():
        if stray.suffix != ".parquet":
            stray.unlink()


def without_repeats(con: store.Connection, landed: Landed) -> int:
    """Rewrite a part without the rows that it or an overlapping part already holds; how many lines only repeat."""
    part = literal(str(landed.part))
    others = con.execute(
        "select path from ledger.parts where last_at >= ? and first_at <= ?", [landed.first_at, landed.last_at]
    ).fetchall()
    if not _has_repeats(con, part, others):
        return 0
    known = f"select attempt_id from read_parquet([{', '.join(literal(path) for (path,) in others)}])" if others else ""
    unseen = f"and attempt_id not in ({known} where attempt_id is not null)" if others else ""
    kept = landed.part.with_suffix(".kept")
    con.execute(
        f"""copy (
            select * exclude (file_row_number) replace (coalesce(line, file_row_number + 1) as line)
            from read_parquet({part}, file_row_number = true) where attempt_id is not null {unseen}
            qualify row_number() over (partition by attempt_id order by file_row_number) = 1 order by line
        ) to {literal(str(kept))} (format parquet)"""
    )
    kept.replace(landed.part)
    return retain(con, f"read_parquet({part})", landed)


def _has_repeats(con: store.Connection, part: str, others: list[tuple[str]]) -> bool:
    own = f"select count(*) - count(distinct attempt_id) from read_parquet({part}) where attempt_id is not null"
    if con.execute(own).fetchall()[0][0]:
        return True
    if not others:
        return False
    paths = ", ".join(literal(path) for (path,) in others)
    shared = f"select 1 from read_parquet({part}) semi join read_parquet([{paths}]) using (attempt_id) limit 1"
    return bool(con.execute(shared).fetchall())


def retain(con: store.Connection, kept: str, landed: Landed) -> int:
    """Note what is left of a file's rows; how many of its lines only repeat rows that are held.

    A line with a fault is quarantined, whatever rows it gave beside it: it counts once.
    """
    (rows,) = con.execute(f"select count(*) from {kept}").fetchall()[0]
    faulty = "select unnest($faulty::bigint[])"
    (lines,) = con.execute(
        f"select count(distinct line) from {kept} where line not in ({faulty})",
        {"faulty": [broken.line for broken in landed.broken]},
    ).fetchall()[0]
    repeated = landed.row_lines - int(lines)
    landed.row_lines, landed.rows = lines, rows
    return repeated
