"""What the logs do not say, as lines for a terminal: rows never written, missing workflows, unknown models."""

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.text import Text

from readback.faces import figures, questions
from readback.faces.fitted import Hanging
from readback.faces.inert import plain
from readback.store import Connection

_INDENT = 13
_MOST_LABELS = 5
_MOST_REASONS = 40
_BIASES = {
    "down": "fallback frequency reads too low",
    "up": "fallback frequency reads too high",
    "none": "fallback frequency keeps its level",
}


def listed(con: Connection, asked: Collection[str]) -> RenderableType:
    """Everything that the logs do not say; `asked` are the labels that a workflow is named by already."""
    parts = [
        deficits(questions.reconciliation(con)),
        unattributed(questions.unattributed(con)),
        candidates(questions.label_candidates(con), asked),
        unknown_models(questions.unknown_models(con)),
    ]
    return Group(*[part for part in parts if part is not None])


def absences(values: pl.DataFrame) -> RenderableType | None:
    """Why figures are absent, of the newest period of each metric and member; None where none is."""
    whole = values.filter(pl.col("lane") == "all").sort("metric", "member", "period_start")
    newest = whole.group_by("metric", "member", maintain_order=True).last()
    told = newest.drop_nulls("explanation").select("metric", "member", "explanation").rows()
    if not told:
        return None
    shown = [(metric if member == "*" else f"{metric}  {plain(member, 40)}", why) for metric, member, why in told]
    width = 2 + max(len(of) for of, _ in shown[:_MOST_REASONS])
    lines = [Hanging(Text(plain(why, 400), style="dim"), width, of) for of, why in shown[:_MOST_REASONS]]
    rest = len(shown) - _MOST_REASONS
    more = [Text(f"… and {rest:,} more that cannot be told; --json says why", style="dim")] if rest > 0 else []
    return Group(*lines, *more)


def deficits(counted: pl.DataFrame) -> RenderableType | None:
    """One line per log that lacks what its source counted: how many, where most, and where that pushes the figures."""
    if counted.is_empty():
        return None
    lines = [_deficit(rows) for rows in _by_log(counted) if rows["deficit"].sum() > 0]
    if not lines:
        hours = int(counted["hours"].sum())
        told = f"No log lacks what its source counted, in {hours:,} comparisons by hour and model."
        return (
            Text(told, style="green") if hours else Text("Nothing that sources counted could be compared.", style="dim")
        )
    return Group(*lines)


def unattributed(found: Mapping[str, float | None]) -> Text | None:
    """How many requests name no workflow, and how many of those that failed or fell back."""
    requests, nameless = found["requests"], found["unattributed"]
    if not requests:
        return None
    if not nameless:
        return Text("Every request names its workflow.", style="green")
    among = [
        f"{figures.percent(part / whole)}% of the {kind}"
        for kind, whole, part in (
            ("failed", found["failed"], found["failed_unattributed"]),
            ("fallbacks", found["fallbacks"], found["fallbacks_unattributed"]),
        )
        if whole and part is not None
    ]
    shares = ", ".join([f"{figures.percent(nameless / requests)}%", *among])
    return Text(f"{nameless:,.0f} of {requests:,.0f} requests name no workflow ({shares}).", style="yellow")


def candidates(labels: pl.DataFrame, asked: Collection[str]) -> RenderableType | None:
    """Per format, the labels that could name the workflow of records that have none, with the share that bears each."""
    offered = labels.filter(~pl.col("label").is_in(list(asked)))
    if offered.is_empty():
        return None
    indent = max(_INDENT + 4, 6 + max(len(plain(str(source))) for source in offered["source"]))
    return Group(
        Text("Labels that could name it, for `[workflow] from` of readback.toml (then run once with --full):"),
        *[
            Hanging(Text(", ".join(_labels(rows))), indent, f"    {plain(str(source))}")
            for source, rows in groupby(offered.iter_rows(named=True), key=lambda row: row["source"])
        ],
    )


def unknown_models(names: pl.DataFrame) -> RenderableType | None:
    """Names of models that neither the policy nor the table of families knows."""
    if names.is_empty():
        return None
    told = ", ".join(plain(name, 60) for name in names["name"].to_list())
    return Group(
        Text(f"{_several(names.height, 'name')} of models not known; none is guessed into a fallback.", style="yellow"),
        Hanging(Text(f"{told}; name them in policy.yaml: models, aliases"), 4),
    )


def bounds_note(found: Mapping[str, float | None]) -> Text:
    """What the bounds of a rate by workflow are, and how many requests they leave open."""
    note = unattributed(found) or Text("No request was read.", style="dim")
    if not found["unattributed"]:
        return note
    return note.append(" Bounds: were those with no event, or those with one, all of that workflow.", style="dim")


def _by_log(counted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    compared = counted.filter(pl.col("missing").is_not_null())
    for _, rows in compared.group_by(["compared_with", "counter"], maintain_order=True):
        yield rows.sort("deficit", descending=True)


def _deficit(rows: pl.DataFrame) -> Hanging:
    worst = rows.row(0, named=True)
    missing, counted = int(rows["deficit"].sum()), int(rows["counted"].sum())
    words = str(worst["counts"]).replace("_", " ")
    most = f"most of {plain(worst['model'], 60)}" if worst["model"] else "all models together"
    told = f"{missing:,} of {counted:,} {words} that {worst['source']} counted are missing, {most}"
    told += f", {_hours(worst)}" if worst["first_missing_at"] else ""
    told += f"; {_BIASES[worst['bias']]}" if worst["bias"] else ""
    return Hanging(Text(told, style="yellow"), _INDENT + 4, f"{plain(str(worst['compared_with']), 30)}  ")


def _several(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _hours(row: Mapping[str, object]) -> str:
    first, last = f"{row['first_missing_at']:%Y-%m-%d %H:%M}", f"{row['last_missing_at']:%Y-%m-%d %H:%M}"
    return first if first == last else f"{first} to {last}"


def _labels(rows: Iterator[dict[str, Any]]) -> list[str]:
    told = [
        f"{plain(row['label'], 80)} in {row['share']:.0%} ({_several(row['value_count'], 'value')})" for row in rows
    ]
    return told[:_MOST_LABELS]
