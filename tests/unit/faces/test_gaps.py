"""What the logs do not say is said in plain lines: how many, of what, and where it pushes the figures."""

import io

import polars as pl
import pytest
from faces_project import HOSTILE
from rich.console import Console, RenderableType

from readback.faces import answers, gaps, questions, tables
from readback.store import Connection

COUNTED = {
    "compared_with": "litellm", "source": "litellm_metrics", "counter": "c", "counts": "answers", "hours": 3,
    "hours_apart": 0, "first_missing_at": None, "last_missing_at": None, "bias": None,
}  # fmt: skip
ALL = {"requests": 200.0, "unattributed": 20.0, "failed": 10.0, "failed_unattributed": 5.0, "fallbacks": 8.0}


def told(shown: RenderableType | None, width: int = 120) -> str:
    assert shown is not None
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


def test_a_deficit_says_how_many_of_what_when_and_where_it_pushes_the_figures(con: Connection) -> None:
    shown = told(gaps.deficits(questions.reconciliation(con)))
    assert "55 of 49,680 answers that litellm_metrics counted are missing" in shown
    assert "fallback frequency reads too high" in shown


def test_a_log_that_lacks_nothing_is_said_to() -> None:
    frame = pl.DataFrame([COUNTED | {"model": "m", "counted": 9, "logged": 9, "missing": 0, "deficit": 0}])
    assert told(gaps.deficits(frame)).startswith("No log lacks what its source counted")


def test_without_any_counter_nothing_is_said() -> None:
    assert gaps.deficits(pl.DataFrame()) is None


def test_the_newest_absent_figure_of_each_metric_says_why() -> None:
    row = {"metric": "rework_rate", "member": "*", "lane": "all", "period_start": 1, "explanation": "old"}
    young = row | {"period_start": 2, "explanation": "6 runs can be seen, and none is past its window."}
    frame = pl.DataFrame([row, young, row | {"metric": "override_rate", "explanation": None}, young | {"lane": "x"}])
    assert told(gaps.absences(frame)).rstrip() == "rework_rate  6 runs can be seen, and none is past its window."
    assert gaps.absences(frame.filter(pl.col("metric") == "override_rate")) is None


def test_each_member_says_why_and_the_rest_is_counted() -> None:
    row = {"metric": "rework_rate", "lane": "all", "period_start": 1}
    members = [
        row | {"member": f"w{number:02}", "explanation": f"{number} runs where 20 are needed."} for number in range(43)
    ]
    lines = told(gaps.absences(pl.DataFrame(members))).splitlines()
    assert lines[7] == "rework_rate  w07  7 runs where 20 are needed."
    assert lines[40:] == ["… and 3 more that cannot be told; --json says why"]


def test_the_nameless_are_told_among_failures_and_fallbacks_too() -> None:
    shown = told(gaps.unattributed(ALL | {"fallbacks_unattributed": 2.0}))
    assert shown.strip() == "20 of 200 requests name no workflow (10.0%, 50.0% of the failed, 25.0% of the fallbacks)."


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({"unattributed": 0.0}, "Every request names its workflow."), ({"requests": None}, None)],
)
def test_where_all_have_a_workflow_or_nothing_was_read(changed: dict[str, float | None], expected: str | None) -> None:
    shown = gaps.unattributed(ALL | {"fallbacks_unattributed": 2.0} | changed)
    assert (shown and shown.plain) == expected


def test_labels_that_could_name_a_workflow_are_listed_by_share(con: Connection) -> None:
    shown = told(gaps.candidates(questions.label_candidates(con), ["tag:workflow"]))
    assert "metadata:project in 98% (6 values), tag:app in 42% (3 values)" in shown
    assert "metadata:ticket" not in shown


def test_a_long_name_of_a_format_stands_apart_from_its_labels(con: Connection) -> None:
    labels = questions.label_candidates(con).with_columns(source=pl.lit("databricks_ai_gateway"))
    assert "databricks_ai_gateway  metadata:project" in told(gaps.candidates(labels, ["tag:workflow"]))


def test_a_label_that_is_asked_already_is_not_offered(con: Connection) -> None:
    assert "tag:app" not in told(gaps.candidates(questions.label_candidates(con), ["tag:app"]))


def test_unknown_models_are_listed_harmlessly(con: Connection) -> None:
    shown = told(gaps.unknown_models(questions.unknown_models(con)))
    assert "2 names of models not known" in shown
    assert "prod-chat" in shown
    assert HOSTILE not in shown


def test_rates_by_workflow_stand_beside_their_bounds(con: Connection) -> None:
    frame = answers.bounded_values(con, "month").filter(pl.col("bound_low").is_not_null())
    assert frame.height > 0
    inside = (pl.col("bound_low") <= pl.col("value") + 1e-9) & (pl.col("value") <= pl.col("bound_high") + 1e-9)
    assert frame.select(inside.all()).item()
    assert "bounds" in told(tables.values_table(frame), 200)
