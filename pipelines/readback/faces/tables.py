"""What the `readback` command lists: the ledger, files, figures, findings, rows of a query. Layout only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import polars as pl
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from readback.contracts import LedgerFile, MetricValue
from readback.cookbook import Question
from readback.faces import figures
from readback.faces.fitted import Column, Fitted, Hanging
from readback.faces.inert import code, plain
from readback.policy.drift import Difference
from readback.policy.finding import Finding

_MOST_ROWS = 200
_MOST_RECORDS = 20
_LONGEST_CELL = 2_000
_LEDGER_COLUMNS = {
    "files": Column("files", 5, is_number=True),
    "lines": Column("lines", is_number=True),
    "row_lines": Column("rows", 1, is_number=True),
    "duplicate_lines": Column("duplicates", 3, is_number=True),
    "ignored_lines": Column("ignored", 4, is_number=True),
    "quarantined_lines": Column("quarantined", 1, is_number=True),
}
_VALUE_COLUMNS = (
    Column("metric"),
    Column("period"),
    Column("member", least=16),
    Column("lane"),
    Column("value", is_number=True),
    Column("95% interval", least=24),
    Column("bounds"),
    Column("n", 1, is_number=True),
    Column("coverage", 3, is_number=True),
    Column("maturity", 4, is_number=True),
    Column("status", 5),
)


def ledger_table(ledger: pl.DataFrame, as_of: datetime | None) -> RenderableType:
    """What the lines of each source became, and how old its newest record is against the newest of all."""
    if ledger.is_empty():
        return Text("No log was read yet.", style="dim")
    newest = (Column("newest record (UTC)", 2), Column("behind", is_number=True))
    table = Fitted([Column("source", least=16), *_LEDGER_COLUMNS.values(), *newest])
    for row in ledger.iter_rows(named=True):
        behind = figures.duration((as_of - row["last_at"]).total_seconds()) if as_of and row["last_at"] else "–"
        last = f"{row['last_at']:%Y-%m-%d %H:%M}" if row["last_at"] else "–"
        table.add(plain(row["source"]), *[f"{row[name]:,}" for name in _LEDGER_COLUMNS], last, behind)
    return table


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
    """What each newly read file became, and below it the reason where one was not read."""
    if not files:
        return Text("Nothing new to read.", style="dim")
    counted = {name: column for name, column in _LEDGER_COLUMNS.items() if name != "files"}
    table = Fitted([Column("file", least=24), Column("source"), *counted.values()], "readback status --json has more")
    for file in files:
        table.add(plain(file.path), plain(file.source or file.state), *[f"{getattr(file, name):,}" for name in counted])
    notes = [Text(f"{plain(file.path)}: {plain(file.reason)}", style="yellow") for file in files if file.reason]
    return Group(table, *notes)


def values_table(values: pl.DataFrame) -> RenderableType:
    """Figures with n, interval, coverage and maturity; under headings where a metric has several members or periods.

    Figures by workflow may bear the bounds that requests without a workflow leave.
    """
    bounds = _bounds(values)
    found = figures.values(values.head(_MOST_ROWS).select(*MetricValue.model_fields))
    if not found:
        return Text("No figure yet for this breakdown.", style="dim")
    is_one_period = {figure.grain for figure in found} == {"all"}
    is_one_member = {figure.member for figure in found} == {"*"}
    left_out = {
        "metric": not (is_one_period and is_one_member),
        "period": is_one_period,
        "member": is_one_member,
        "bounds": not any(bounds),
    }
    places = [place for place, column in enumerate(_VALUE_COLUMNS) if not left_out.get(column.title)]
    table = Fitted([_VALUE_COLUMNS[place] for place in places])
    for metric, group in groupby(zip(found, bounds, strict=True), key=lambda row: row[0].metric):
        if left_out["metric"]:
            table.head(metric)
        for figure, bound in group:
            cells = _value_cells(figure, bound)
            table.add(*[cells[place] for place in places])
    return _with_rest(table, values.height)


def _bounds(values: pl.DataFrame) -> list[str]:
    """The bounds of each figure in words; empty where there are none."""
    shown = values.head(_MOST_ROWS)
    if "bound_low" not in shown.columns:
        return [""] * shown.height
    pairs = shown.select("bound_low", "bound_high").iter_rows()
    return ["" if low is None else f"{figures.percent(low)}–{figures.percent(high)}%" for low, high in pairs]


def _value_cells(figure: MetricValue, bounds: str) -> list[str | Text]:
    """One cell per column of a figure; the reason for an absent one stands where its interval would."""
    reason = figures.marked_reason(figure)
    return [
        figure.metric,
        "all" if figure.grain == "all" else f"{figure.period_start:%Y-%m-%d}",
        plain(figure.member),
        figure.lane,
        figures.headline(figure),
        Text(reason, style="dim italic") if reason else figures.marked_interval(figure) or "–",
        bounds,
        figures.count(figures.sample_size(figure)),
        _share(figure.coverage),
        _share(figure.maturity),
        figure.status,
    ]


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


def differences_table(found: Sequence[Difference]) -> RenderableType:
    """Where a gateway's configuration differs from the policy in force."""
    if not found:
        return Text("No drift: the gateway does what the policy in force says.", style="green")
    styles = {"error": "red", "warn": "yellow"}
    lines = [
        ((f"{one.level:5}", styles.get(one.level, "")), f"  {plain(one.route)}: {plain(one.message)}") for one in found
    ]
    return Group(*[Text.assemble(*line) for line in lines])


@dataclass(frozen=True)
class _Rows:
    """Rows of a query: a table where it fits, otherwise each row as a record, one column a line."""

    table: Fitted

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.table.width <= options.max_width:
            yield self.table
            return
        names = [column.title for column in self.table.columns]
        for number, row in enumerate(self.table.rows[:_MOST_RECORDS], start=1):
            yield Text(f"row {number}", style="bold")
            yield from _record(names, list(row) if not isinstance(row, Text) else [row])
        rest = len(self.table.rows) - _MOST_RECORDS
        if rest > 0:
            yield Text(
                f"… and {rest:,} more rows; --csv, --json and --out give all, fewer columns a table", style="dim"
            )


def questions_table(questions: Iterable[Question]) -> RenderableType:
    """Questions by name, in words, with what may be given to them."""
    table = Fitted([Column("question"), Column("asks", least=40), Column("parameters")])
    for each in questions:
        table.add(plain(each.name), plain(each.ask), plain(", ".join(f"{n}={v}" for n, v in each.parameters.items())))
    return table


def rows_table(frame: pl.DataFrame) -> RenderableType:
    """Rows of a query, harmless on a terminal; texts of several lines keep them where they are the only column."""
    if frame.is_empty():
        return Text("No row.", style="dim")
    table = Fitted([Column(plain(name)) for name in frame.columns])
    for row in frame.head(_MOST_ROWS).iter_rows():
        table.add(*[Text("NULL", style="dim") if value is None else _said(value, frame.width == 1) for value in row])
    is_text = frame.width == 1 and frame.schema[frame.columns[0]] == pl.String
    return _with_rest(Group(*[row[0] for row in table.rows]) if is_text else _Rows(table), frame.height)


def _said(value: Any, is_alone: bool) -> str:
    """A value; a time without its zone, which is always UTC."""
    if is_alone and isinstance(value, str):
        return code(value)
    return plain(str(value.replace(tzinfo=None)) if isinstance(value, datetime) else str(value), _LONGEST_CELL)


def _record(names: Sequence[str], row: Iterable[Text]) -> Iterator[Hanging]:
    width = 4 + max(len(name) for name in names)
    for name, cell in zip(names, row, strict=True):
        yield Hanging(cell, width, f"  {name}")


def _share(fraction: float | None) -> str:
    return "–" if fraction is None else f"{figures.percent(fraction)}%"


def _with_rest(table: RenderableType, height: int) -> RenderableType:
    if height <= _MOST_ROWS:
        return table
    return Group(table, Text(f"… and {height - _MOST_ROWS:,} more; --json gives all", style="dim"))
