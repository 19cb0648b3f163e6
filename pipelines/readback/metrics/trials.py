"""A trial of a substitute, from a table of judged answers: the one thing that no log of production can tell.

Two designs. *Paired*, a shadow run: both models answered the same requests. *Independent*: chance sent each request to
one of them. No log format carries either by itself: nothing in a log says that a call was a shadow of another.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from readback import stats
from readback.errors import UnreadableFile

PAIRED, INDEPENDENT = ("preferred", "substitute"), ("arm", "event")
_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": None}


def trial(file: Path) -> pl.DataFrame:
    """Substitute minus preferred of a CSV, over everything (`*`) and by `workflow` where it has that column.

    Paired: one line a request, columns `preferred` and `substitute` say whether that model's answer had the event
    (1 or 0, true or false; empty where nobody judged it). Independent: one line an answer, `arm` names the model's
    lane and `event` says likewise.

    Returns:
        Columns `workflow, design, n_preferred, n_substitute, rate_preferred, rate_substitute, difference, low, high,
        p_value, left_out`. Paired: Newcombe's limits for pairs and the exact McNemar p; independent:
        Miettinen-Nurminen limits, p NULL. Rates and limits are NULL without a judged answer.

    Raises:
        UnreadableFile: no CSV of either design, or a word that is neither yes nor no.
    """
    told = _read(file)
    columns = PAIRED if set(PAIRED) <= set(told.columns) else INDEPENDENT
    if not set(columns) <= set(told.columns):
        expected = "columns preferred and substitute (paired), or arm and event (independent)"
        raise UnreadableFile(f"expected {expected}; found {', '.join(told.columns) or 'none'}", file=file)
    rows = _judged(told, columns, file)
    compare = _paired if columns == PAIRED else _independent
    return pl.DataFrame([{"workflow": member} | compare(part) for member, part in _members(rows)])


def _read(file: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(file, infer_schema=False).fill_null("")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UnreadableFile(f"cannot be read as CSV: {str(error).splitlines()[0]}", file=file) from None


def _judged(told: pl.DataFrame, columns: tuple[str, str], file: Path) -> pl.DataFrame:
    """The table with its events as yes, no or unknown."""
    if columns == INDEPENDENT:
        for line, arm in enumerate(told["arm"].to_list(), start=2):
            if arm not in PAIRED:
                raise UnreadableFile(
                    f"{arm!r} is no arm; expected preferred or substitute", file=file, line=line, key="arm"
                )
    events = columns if columns == PAIRED else ("event",)
    return told.with_columns(pl.Series(name, _booleans(told[name], file), pl.Boolean) for name in events)


def _booleans(words: pl.Series, file: Path) -> Iterator[bool | None]:
    for line, word in enumerate(words.to_list(), start=2):
        plain = word.strip().lower()
        if plain not in _WORDS:
            raise UnreadableFile(
                f"{word!r} is neither 1 nor 0; leave unknown ones empty", file=file, line=line, key=words.name
            )
        yield _WORDS[plain]


def _members(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    yield "*", rows
    if "workflow" in rows.columns:
        for (member,), part in rows.sort("workflow").group_by("workflow", maintain_order=True):
            yield str(member) or "(none)", part


def _paired(rows: pl.DataFrame) -> dict[str, Any]:
    pairs = rows.drop_nulls(PAIRED)
    preferred, substitute = (pairs[name].to_numpy() for name in PAIRED)
    both, only_second = int((preferred & substitute).sum()), int((preferred & ~substitute).sum())
    only_first = int((substitute & ~preferred).sum())
    found = stats.paired_difference(both, only_first, only_second, pairs.height - both - only_first - only_second)
    counts = (int(preferred.sum()), pairs.height, int(substitute.sum()), pairs.height)
    return _row("paired", counts, stats.Intervals(*found[:3]), rows.height - pairs.height, float(found.p_value))


def _independent(rows: pl.DataFrame) -> dict[str, Any]:
    judged = rows.drop_nulls("event")
    arms = [judged.filter(pl.col("arm") == arm)["event"] for arm in PAIRED]
    preferred, substitute = ((int(arm.sum()), arm.len()) for arm in arms)
    found = stats.miettinen_nurminen_difference(*substitute, *preferred)
    return _row("independent", (*preferred, *substitute), found, rows.height - judged.height, None)


def _row(
    design: str, counts: tuple[int, int, int, int], found: stats.Intervals, left_out: int, p_value: float | None
) -> dict[str, Any]:
    events0, n0, events1, n1 = counts
    is_told = bool(n0 and n1)
    value, low, high = (stats.finite(part) if is_told else None for part in found)
    return {
        "design": design,
        "n_preferred": n0,
        "n_substitute": n1,
        "rate_preferred": events0 / n0 if n0 else None,
        "rate_substitute": events1 / n1 if n1 else None,
        "difference": value,
        "low": low,
        "high": high,
        "p_value": p_value if is_told else None,
        "left_out": left_out,
    }
