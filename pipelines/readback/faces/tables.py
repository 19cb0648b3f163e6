"""What the `readback` command lists: the ledger, files, figures, findings, rows of a query. Layout only."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from readback.contracts import LedgerFile
from readback.faces import figures
from readback.faces.inert import plain
from readback.policy.finding import Finding

_MOST_ROWS = 200
_LEDGER_COLUMNS = {
    "files": "files",
    "lines": "lines",
    "row_lines": "rows",
    "duplicate_lines": "duplicates",
    "ignored_lines": "ignored",
    "quarantined_lines": "quarantined",
}


def ledger_table(ledger: pl.DataFrame, as_of: datetime | None) -> RenderableType:
    """What the lines of each source became, and how old its newest record is against the newest of all."""
    table = _table("source", *_LEDGER_COLUMNS.values(), "newest record", "behind")
    for row in ledger.iter_rows(named=True):
        behind = figures.duration((as_of - row["last_at"]).total_seconds()) if as_of and row["last_at"] else "–"
        newest = f"{row['last_at']:%Y-%m-%d %H:%M} UTC" if row["last_at"] else "–"
        counts = [f"{row[name]:,}" for name in _LEDGER_COLUMNS]
        table.add_row(plain(row["source"]), *counts, newest, behind)
    return table if ledger.height else Text("No log was read yet.", style="dim")


def balance(refused: pl.DataFrame, lost: pl.DataFrame) -> RenderableType:
    """The files that were not read, and whether every line is accounted for."""
    lines = [
        Text(f"not read   {plain(row['path'])}: {plain(row['reason'])}", style="yellow") for row in refused.to_dicts()
    ]
    lines += [
        Text(
            f"LOST LINES {plain(row['path'])}: {row['lines']:,} read, {row['accounted']:,} accounted for",
            style="bold red",
        )
        for row in lost.to_dicts()
    ]
    if not lost.height:
        lines.append(Text("Every line that was read is accounted for.", style="green"))
    return Group(*lines)


def files_table(files: Sequence[LedgerFile]) -> RenderableType:
    """What each newly read file became."""
    table = _table("file", "source", *list(_LEDGER_COLUMNS.values())[1:], "note")
    for file in files:
        counts = [f"{getattr(file, name):,}" for name in list(_LEDGER_COLUMNS)[1:]]
        table.add_row(plain(file.path), plain(file.source or file.state), *counts, plain(file.reason or ""))
    return table if files else Text("Nothing new to read.", style="dim")


def values_table(values: pl.DataFrame) -> RenderableType:
    """Figures with n, interval, coverage and maturity."""
    table = _table("metric", "period", "member", "lane", "value", "95% interval", "n", "coverage", "maturity", "status")
    for figure in figures.values(values.head(_MOST_ROWS)):
        table.add_row(
            figure.metric,
            "all" if figure.grain == "all" else f"{figure.period_start:%Y-%m-%d}",
            plain(figure.member),
            figure.lane,
            figures.headline(figure),
            figures.interval(figure) or "–",
            figures.count(figures.sample_size(figure)),
            _share(figure.coverage),
            _share(figure.maturity),
            figure.status,
        )
    return _with_rest(table, values.height)


def findings(found: Sequence[Finding]) -> RenderableType:
    """Every finding with its code, line, and what to do."""
    if not found:
        return Text("The policy holds: no finding.", style="green")
    styles = {"error": "red", "warn": "yellow"}
    return Group(
        *[
            Text.assemble(
                (f"{one.code} {one.level:5}", styles.get(one.level, "")),
                f"  {plain(str(one.file or ''))}:{one.line}: {plain(one.path)}: {plain(one.message)}",
                (f"\n            {plain(one.help)}", "dim"),
            )
            for one in found
        ]
    )


def rows_table(frame: pl.DataFrame) -> RenderableType:
    """Rows of a query, harmless on a terminal."""
    table = _table(*[plain(name) for name in frame.columns])
    for row in frame.head(_MOST_ROWS).iter_rows():
        table.add_row(*[Text("NULL", style="dim") if value is None else Text(plain(str(value))) for value in row])
    return _with_rest(table, frame.height)


def spreadsheet_safe(frame: pl.DataFrame) -> str:
    """CSV in which no text is taken for a formula; nested values are written as JSON-like text."""
    flat = frame.with_columns(
        pl.col(name).map_elements(lambda value: str(list(value)), return_dtype=pl.String)
        for name, kind in frame.schema.items()
        if kind.is_nested()
    )
    texts = [name for name, kind in flat.schema.items() if kind == pl.String]
    return flat.with_columns(
        pl.when(pl.col(name).str.contains(r"^[=+\-@\t\r]")).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    ).write_csv()


def _share(fraction: float | None) -> str:
    return "–" if fraction is None else figures.percent(fraction)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(Text(column), no_wrap=False, overflow="fold")
    return table


def _with_rest(table: Table, height: int) -> RenderableType:
    if height <= _MOST_ROWS:
        return table
    return Group(table, Text(f"… and {height - _MOST_ROWS:,} more; --json gives all", style="dim"))
