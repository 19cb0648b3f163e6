"""Days as the project's people count them: UTC stretches widened to whole local days, and days joined to stretches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from readback.stretches import Range

LONGEST_BATCH_DAYS = 7
"""Marts are made in batches of this length, so that a first load fits into memory."""


@dataclass(frozen=True)
class Batch:
    """Consecutive local days, first and last inclusive, and the stretch of time that they cover."""

    first: date
    last: date
    from_at: datetime
    to_at: datetime


def start_of(day: date, zone: str) -> datetime:
    """The instant at which a local day begins, in UTC; the first one that exists where the clock skips midnight.

    >>> start_of(date(2026, 3, 30), "Europe/Zurich").isoformat()
    '2026-03-29T22:00:00+00:00'
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def local_day(moment: datetime, zone: str) -> date:
    """The local day that an instant lies in."""
    return moment.astimezone(ZoneInfo(zone)).date()


def days_of(ranges: Iterable[Range], zone: str) -> set[date]:
    """Every local day that a half-open stretch touches."""
    return {
        day
        for start, end in ranges
        if start < end
        for day in _span(local_day(start, zone), local_day(end - timedelta(microseconds=1), zone))
    }


def batches(days: Iterable[date], zone: str) -> list[Batch]:
    """The days as consecutive stretches, none longer than `LONGEST_BATCH_DAYS`."""
    ordered = sorted(days)
    groups: list[list[date]] = []
    for day in ordered:
        is_next = groups and day - groups[-1][-1] == timedelta(days=1) and len(groups[-1]) < LONGEST_BATCH_DAYS
        if is_next:
            groups[-1].append(day)
        else:
            groups.append([day])
    return [_batch(group, zone) for group in groups]


def _batch(days: Sequence[date], zone: str) -> Batch:
    return Batch(days[0], days[-1], start_of(days[0], zone), start_of(days[-1] + timedelta(days=1), zone))


def _span(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
