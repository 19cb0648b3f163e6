"""Periods follow the project's time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from readback.faces.period import Period, newest_whole


def test_month_starts_at_local_midnight_across_the_clock_change() -> None:
    october = Period.month("2026-10", "Europe/Zurich")
    assert october.start.astimezone(UTC) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.end.astimezone(UTC) == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_month_before_january_is_december() -> None:
    before = Period.month("2026-01").previous
    assert before is not None
    assert before.label == "December 2025"


def test_week_is_named_by_its_first_day() -> None:
    week = Period.of("week", datetime(2026, 10, 26, tzinfo=UTC))
    assert week.label == "Week of 26 Oct 2026"
    assert week.end == datetime(2026, 11, 2, tzinfo=UTC)


def test_all_time_has_no_period_before() -> None:
    assert Period.of("all", datetime(2026, 5, 1, tzinfo=UTC)).previous is None


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_quarters_follow_one_another_without_gap(number: int) -> None:
    quarter = Period.quarter(f"2026-Q{number}", "Europe/Zurich")
    before = quarter.previous
    assert before is not None
    assert before.end == quarter.start
    assert (quarter.name, quarter.label) == (f"2026-Q{number}", f"Q{number} 2026")
    assert (quarter.end - timedelta(hours=1)).month == 3 * number


@pytest.mark.parametrize("name", ["2026", "2026-Q5", "2026-Q0", "Q4", "26-Q1-Q2"])
def test_what_is_not_a_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a quarter|does not match"):
        Period.quarter(name)


@pytest.mark.parametrize("name", ["2026", "2026-13", "October"])
def test_what_is_not_a_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not match|unconverted|must be"):
        Period.month(name)


@pytest.mark.parametrize(("minutes", "week"), [(61, 12), (60, 19), (0, 19)])
def test_newest_whole_week_ends_within_an_hour_of_the_newest_record(minutes: int, week: int) -> None:
    weeks = [Period.of("week", datetime(2026, 10, day, tzinfo=UTC)) for day in (26, 19, 12)]
    found = newest_whole(weeks, datetime(2026, 10, 26, tzinfo=UTC) - timedelta(minutes=minutes))
    assert found is not None
    assert found.start.day == week


def test_no_week_is_whole_before_the_first_has_ended() -> None:
    week = Period.of("week", datetime(2026, 10, 19, tzinfo=UTC))
    assert newest_whole([week], datetime(2026, 10, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("grain", "start", "expected"),
    [
        ("month", datetime(2026, 3, 1, tzinfo=UTC), "March 2025"),
        ("week", datetime(2026, 10, 19, tzinfo=UTC), "Week of 21 Sep 2026"),
        ("day", datetime(2026, 10, 19, tzinfo=UTC), "12 Oct 2026"),
    ],
)
def test_same_period_before_is_a_year_four_weeks_or_a_week_ago(grain: str, start: datetime, expected: str) -> None:
    before = Period.of(grain, start).counterpart
    assert before is not None
    assert before.label == expected


def test_all_time_has_no_same_period_before() -> None:
    assert Period.of("all", datetime(2026, 1, 1, tzinfo=UTC)).counterpart is None
