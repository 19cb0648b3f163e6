"""Laws of counters that only rise: what was counted is what rose, however often and in whatever order it was read."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from readback import store
from readback.contracts import CounterReading
from readback.contracts.ddl import create_table
from readback.contracts.vocabulary import Counted
from readback.ledger import LONGEST_COUNT_S

START = datetime(2026, 10, 5, tzinfo=UTC)
SCOPE = {"from_at": START, "to_at": START + timedelta(days=2), "longest_s": LONGEST_COUNT_S}

QUICK = settings(deadline=None, max_examples=30)

Steps = list[tuple[int, int, bool]]
"""For each scrape: minutes since the one before, requests since, and whether the process restarted just before them."""
STEPS = st.lists(st.tuples(st.integers(1, 300), st.integers(0, 50), st.booleans()), min_size=1, max_size=8)


def readings(steps: Steps) -> list[CounterReading]:
    """What a counter that stood at 0 told at each scrape."""
    at, total, started = START, 0, START - timedelta(days=1)
    told = [reading(at, total, started)]
    for minutes, requests, is_restarted in steps:
        if is_restarted:
            total, started = 0, at + timedelta(seconds=1)
        at, total = at + timedelta(minutes=minutes), total + requests
        told.append(reading(at, total, started))
    return told


def reading(at: datetime, total: int, started: datetime) -> CounterReading:
    return CounterReading(
        reading_id=at.isoformat(), source="m", counter="c", counts=Counted.ANSWERS, instance="a", series="s",
        model="gpt-4o", from_at=None, read_at=at, total=total, started_at=started, file_id="f", line=1,
    )  # fmt: skip


def counted(rows: list[CounterReading]) -> list[tuple[datetime, int]]:
    con = store.memory()
    con.execute(create_table(CounterReading))
    store.insert_rows(con, CounterReading, rows)
    found = store.query(con, store.model("continuity/source_counters"), SCOPE)
    return found.project("hour, counted").order("hour").fetchall()


@QUICK
@given(STEPS)
def test_all_that_rose_is_counted_once(steps: Steps) -> None:
    assert sum(count for _, count in counted(readings(steps))) == sum(requests for _, requests, _ in steps)


@QUICK
@given(STEPS, st.randoms(use_true_random=False))
def test_order_of_reading_changes_nothing(steps: Steps, shuffler: random.Random) -> None:
    rows = readings(steps)
    shuffled = shuffler.sample(rows, len(rows))
    assert counted(shuffled) == counted(rows)


@QUICK
@given(STEPS, st.data())
def test_leaving_out_a_scrape_loses_nothing_where_no_restart_hides(steps: Steps, data: st.DataObject) -> None:
    rows = readings([(minutes, requests, False) for minutes, requests, _ in steps])
    left_out = data.draw(st.integers(1, len(rows))) if len(rows) > 2 else len(rows)
    kept = [row for place, row in enumerate(rows, start=1) if place != left_out or place in (1, len(rows))]
    assert sum(count for _, count in counted(kept)) == sum(count for _, count in counted(rows))
