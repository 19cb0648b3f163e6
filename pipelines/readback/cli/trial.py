"""A trial of a substitute, from a table of judged answers."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from readback.cli.shell import JsonOption, out, print_json


def trial(
    file: Annotated[Path, typer.Argument(help="CSV with columns preferred, substitute; or arm, event.")],
    as_json: JsonOption = False,
) -> None:
    """Compare two models on judged answers: a shadow run of the same requests, or requests sent by chance.

    Columns `preferred` and `substitute`: one line a request that both answered, 1 where that answer had the event
    (rework, override, error), else 0; Newcombe's interval for pairs and exact McNemar. Columns `arm` and `event`: one
    line an answer of either; Miettinen and Nurminen's interval. A column `workflow` splits it; needs no project.
    """
    from readback.faces.tables import rows_table
    from readback.metrics.trials import trial as compared

    frame = compared(file)
    if as_json:
        print_json(frame.to_dicts())
    else:
        out.print(rows_table(_readable(frame)))


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rates in percent, the difference in points with its interval."""
    rates = [_percent(name).alias(name.replace("rate_", "% ")) for name in ("rate_preferred", "rate_substitute")]
    low, high = (_percent(name) for name in ("low", "high"))
    points = pl.concat_str(_percent("difference"), pl.format(" ({} to {})", low, high)).fill_null("too few to say")
    counts = ["workflow", "design", "n_preferred", "n_substitute"]
    return frame.select(*counts, *rates, points.alias("difference, pp"), pl.col("p_value").round(4), "left_out")


def _percent(name: str) -> pl.Expr:
    return (100 * pl.col(name)).round(1).cast(pl.String)
