"""Half-open stretches of time, and how a long one is cut so that its rows fit into memory."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

Range = tuple[datetime, datetime]
"""A half-open stretch of time."""

SLACK = timedelta(hours=1)
"""Logs that end so shortly before a period does have told it whole."""

LONGEST_BATCH = timedelta(days=7)
"""A first load is computed in batches of this length."""


def join_days(days: Iterable[date]) -> list[Range]:
    """Neighbouring days as one stretch, in order."""
    ranges: list[Range] = []
    for day in sorted(days):
        start = datetime.combine(day, time(), UTC)
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], start + timedelta(days=1))
        else:
            ranges.append((start, start + timedelta(days=1)))
    return ranges


def batches(ranges: Iterable[Range]) -> Iterator[Range]:
    """The same stretches, none longer than `LONGEST_BATCH`."""
    for start, end in ranges:
        while start < end:
            stop = min(start + LONGEST_BATCH, end)
            yield start, stop
            start = stop
