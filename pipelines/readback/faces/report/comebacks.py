"""Recovery against the period before, by class, and what its median owes to the rule of episodes."""

from datetime import timedelta
from typing import Any

from readback.contracts.vocabulary import Dimension, Grain
from readback.faces import recovery
from readback.faces.inert import plain
from readback.faces.period import Period
from readback.faces.report.subject import Subject

_MOMENT = timedelta(microseconds=1)


def comebacks(view: Subject) -> dict[str, Any]:
    """Rows of text of both tables, and the sentence on the second."""
    compared = recovery.class_comparisons(view.con, view.period.grain.value, view.period.start).to_dicts()
    tried = recovery.sensitivity(view.con, view.seen.end - _MOMENT)
    months = [Period.of(Grain.MONTH, start, view.period.zone).label for start in tried["period_start"].to_list()]
    return {
        "compared": [_compared(row) for row in compared],
        "tried": [list(recovery.tried_cells(row).values()) for row in tried.to_dicts()],
        "tried_told": recovery.dependence(tried),
        "tried_month": months[0] if months else "",
    }


def _compared(row: dict[str, Any]) -> list[str]:
    cells = recovery.compared_cells(row)
    of_class = "Without a class" if row["member"] == "(none)" else plain(row["member"], 60)
    name = "All episodes" if row["dimension"] == Dimension.ALL else of_class
    why = cells["reason"] if row["difference_s"] is None else ""
    return [name, cells["episodes"], cells["before"], why or cells["difference"], cells["test"]]
