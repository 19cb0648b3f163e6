"""What providers declared, and how long they took to resolve it."""

import polars as pl

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.settings import open_project


def incidents(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show how long declared incidents took per component, open ones censored.

    From the first stage before the end to resolved. Incidents whose stages are out of order are left out and counted.
    """
    from readback.faces.tables import rows_table
    from readback.metrics.incidents import incident_recovery

    with store.reader(open_project(project)) as con:
        (as_of,) = con.execute("select max(as_of) from metric_values").fetchall()[0]
        frame = incident_recovery(con, as_of)
    if as_json:
        print_json(frame.to_dicts())
    else:
        out.print(rows_table(_readable(frame)))


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Minutes with their limits in one column, and shares in percent; an open limit is shown as such."""
    if frame.is_empty():
        return frame
    counts = ["provider", "component", "incidents", "out_of_order", "unresolved"]
    times = [_minutes(name) for name in ("median_s", "p90_s", "mean_24h_s")]
    shares = [
        (100 * pl.col(name)).round(1).alias(name.replace("resolved_within_", "% in "))
        for name in frame.columns
        if name.startswith("resolved_within_")
    ]
    return frame.select(*counts, *times, *shares)


def _minutes(name: str) -> pl.Expr:
    columns = (name, f"{name}_low", f"{name}_high")
    value, low, high = ((pl.col(column) / 60).round(0).cast(pl.Int64).cast(pl.String) for column in columns)
    limits = pl.format(" ({} to {})", low.fill_null("?"), high.fill_null("?"))
    told = pl.concat_str(value.fill_null("not reached"), pl.when(low.is_null()).then(pl.lit("")).otherwise(limits))
    return told.alias(name.replace("_s", " min"))
