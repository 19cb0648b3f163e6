from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from readback.metrics.local_days import batches, days_of, local_day, start_of

ZONES = st.sampled_from(["UTC", "Europe/Zurich", "America/Sao_Paulo", "Pacific/Auckland", "Asia/Kolkata"])
MOMENTS = st.integers(1_500_000_000, 1_800_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def test_utc_day_touches_two_days_east_of_it() -> None:
    day = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC))
    assert days_of([day], "Europe/Zurich") == {date(2026, 10, 1), date(2026, 10, 2)}
    assert days_of([day], "UTC") == {date(2026, 10, 1)}


def test_midnight_that_a_clock_change_skips_begins_at_the_change() -> None:
    assert start_of(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_empty_stretch_touches_no_day() -> None:
    moment = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert days_of([(moment, moment)], "UTC") == set()


def test_batches_never_bridge_a_gap_nor_exceed_a_week() -> None:
    days = {date(2026, 10, 1) + timedelta(days=n) for n in range(10)} | {date(2026, 12, 1)}
    found = batches(days, "UTC")
    assert [(batch.first.day, batch.last.day) for batch in found] == [(1, 7), (8, 10), (1, 1)]
    assert found[0].to_at == found[1].from_at


@given(MOMENTS, ZONES)
def test_every_moment_lies_inside_its_local_day(moment: datetime, zone: str) -> None:
    day = local_day(moment, zone)
    assert start_of(day, zone) <= moment < start_of(day + timedelta(days=1), zone)
