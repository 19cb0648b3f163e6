"""How recovery is worded against the period before, and under other rules of episodes."""

from datetime import UTC, datetime

from faces_project import AS_OF

from readback.faces import recovery
from readback.faces.period import Period
from readback.faces.report.comebacks import comebacks
from readback.faces.report.subject import subject
from readback.store import Connection

TOLD = {
    "episodes": 31, "previous_episodes": 28, "difference_s": -540.0, "low": -990.0, "high": -90.0, "p_value": 0.0231,
    "reason": None,
}  # fmt: skip
FEW = TOLD | {"difference_s": None, "low": None, "high": None, "p_value": None, "reason": "3 and 5 episodes"}


def test_a_comparison_says_the_difference_first_and_the_test_second() -> None:
    told = recovery.against_before(TOLD, "September 2026")
    assert told == (
        "Against September 2026: mean within 4 h −9 min (−16 min to −90 s); log-rank p = 0.023 (31 and 28 episodes)."
    )


def test_too_few_are_told_with_their_numbers() -> None:
    assert recovery.against_before(FEW, "August 2026") == "Against August 2026: 3 and 5 episodes."


def test_a_difference_without_an_interval_says_why() -> None:
    row = TOLD | {"low": None, "high": None, "reason": "10 and 10 recoveries seen"}
    assert "mean within 4 h −9 min; log-rank" in recovery.against_before(row, "August 2026")
    assert recovery.against_before(row, "August 2026").endswith("; 10 and 10 recoveries seen.")


def test_a_tiny_p_value_is_not_printed_as_zero() -> None:
    assert "p < 0.001" in recovery.against_before(TOLD | {"p_value": 1e-9}, "August 2026")


def test_a_median_that_another_rule_halves_is_definition_dependent(con: Connection) -> None:
    rows = recovery.sensitivity(con, AS_OF)
    assert rows["parameter"].to_list() == ["declared", "gap", "gap", "close_count"]
    assert recovery.dependence(rows).startswith("The median is definition-dependent")
    assert "between × 0.46 and × 1.32" in recovery.dependence(rows)
    kept = rows.filter(rows["setting"].is_null() | (rows["setting"] != 300))
    assert recovery.dependence(kept).startswith("Other rules of when an episode ends put the median between")
    assert recovery.dependence(rows.head(1)).startswith("Too few episodes")


def test_rules_are_named_by_what_is_another_in_them(con: Connection) -> None:
    told = recovery.tried(recovery.sensitivity(con, AS_OF))
    assert told["rule"].to_list() == [
        "as declared", "a gap of 5 min ends it", "a gap of 30 min ends it", "closes after 1 answer",
    ]  # fmt: skip
    assert told.row(0, named=True)["median"] == "25 min (20 min to 32 min)"


def test_no_month_tried_is_no_table(con: Connection) -> None:
    assert recovery.tried(recovery.sensitivity(con, datetime(2020, 1, 1, tzinfo=UTC))).is_empty()


def test_the_report_compares_all_episodes_then_each_class(con: Connection) -> None:
    told = comebacks(subject(con, Period.month("2026-10")))
    assert told["tried_month"] == "October 2026"
    assert [row[0] for row in told["compared"]] == ["All episodes", "support-drafting"]
    assert told["compared"][0][3:] == ["−9 min (−16 min to −90 s)", "log-rank p = 0.023"]
