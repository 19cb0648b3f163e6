"""A reporting period: where it starts and ends in the project's time zone, and what people call it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from readback.contracts.vocabulary import Grain
from readback.stretches import SLACK

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A half-open stretch of time between two aware moments."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Period:
    """A half-open stretch of time; `start` and `end` are aware."""

    grain: Grain
    start: datetime
    end: datetime
    zone: str = "UTC"

    @classmethod
    def of(cls, grain: Grain | str, start: datetime, zone: str = "UTC") -> "Period":
        """The period of a grain that starts at a moment; grain `all` never ends."""
        grain = Grain(grain)
        local = start.astimezone(ZoneInfo(zone))
        return cls(grain, start, _end(grain, local), zone)

    @classmethod
    def month(cls, name: str, zone: str = "UTC") -> "Period":
        """A calendar month such as `2026-10`.

        Raises:
            ValueError: not a month.
        """
        start = datetime.strptime(name, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
        return cls.of(Grain.MONTH, start, zone)

    @classmethod
    def quarter(cls, name: str, zone: str = "UTC") -> "Period":
        """A calendar quarter such as `2026-Q4`.

        Raises:
            ValueError: not a quarter.
        """
        year, mark, number = name.partition("-Q")
        if not mark or number not in ("1", "2", "3", "4"):
            raise ValueError(f"{name!r} is not a quarter")
        start = datetime.strptime(year, "%Y").replace(month=3 * int(number) - 2, tzinfo=ZoneInfo(zone))
        return cls.of(Grain.QUARTER, start, zone)

    @property
    def name(self) -> str:
        """What it goes by in options and names of files.

        >>> Period.quarter("2026-Q4").name
        '2026-Q4'
        """
        local = self.start.astimezone(ZoneInfo(self.zone))
        if self.grain is Grain.QUARTER:
            return f"{local:%Y}-Q{_quarter(local)}"
        return f"{local:%Y-%m}" if self.grain is Grain.MONTH else f"{local:%Y-%m-%d}"

    @property
    def span(self) -> Span:
        """From its start to its end."""
        return Span(self.start, self.end)

    @property
    def previous(self) -> "Period | None":
        """The period before; None for grain all."""
        if self.grain is Grain.ALL:
            return None
        local = self.start.astimezone(ZoneInfo(self.zone))
        if self.grain is Grain.QUARTER:
            return Period.of(self.grain, _first_of_month(local - timedelta(days=70)), self.zone)
        if self.grain is Grain.MONTH:
            return Period.of(self.grain, _first_of_month(local - timedelta(days=1)), self.zone)
        return Period.of(self.grain, local - timedelta(days=7 if self.grain is Grain.WEEK else 1), self.zone)

    @property
    def counterpart(self) -> "Period | None":
        """The same period before: a month's or quarter's a year ago, a week's four weeks, a day's one; None for all."""
        if self.grain is Grain.ALL:
            return None
        local = self.start.astimezone(ZoneInfo(self.zone))
        steps = {Grain.DAY: timedelta(days=7), Grain.WEEK: timedelta(days=28)}
        before = local - steps[self.grain] if self.grain in steps else local.replace(year=local.year - 1)
        return Period.of(self.grain, before, self.zone)

    @property
    def short_label(self) -> str:
        """The same where there is little room.

        >>> Period.month("2026-10").short_label
        'Oct 2026'
        """
        if self.grain is Grain.ALL:
            return self.label
        local = self.start.astimezone(ZoneInfo(self.zone))
        if self.grain is Grain.QUARTER:
            return self.label
        return f"{local:%b %Y}" if self.grain is Grain.MONTH else f"{local.day} {local:%b}"

    @property
    def label(self) -> str:
        """What people call it.

        >>> Period.month("2026-10").label
        'October 2026'
        """
        local = self.start.astimezone(ZoneInfo(self.zone))
        if self.grain is Grain.ALL:
            return "All time"
        if self.grain is Grain.QUARTER:
            return f"Q{_quarter(local)} {local:%Y}"
        if self.grain is Grain.MONTH:
            return f"{local:%B %Y}"
        return f"{'Week of ' if self.grain is Grain.WEEK else ''}{local.day} {local:%b %Y}"


def newest_whole(periods: Sequence[Period], as_of: datetime) -> Period | None:
    """The newest period that the logs reach the end of, to an hour; None where there is none."""
    whole = [period for period in periods if period.end <= as_of + SLACK]
    return max(whole, key=lambda period: period.start) if whole else None


def _end(grain: Grain, local: datetime) -> datetime:
    if grain is Grain.ALL:
        return FOREVER
    if grain in (Grain.MONTH, Grain.QUARTER):
        return _first_of_month(local.replace(day=1) + timedelta(days=32 if grain is Grain.MONTH else 93))
    return local + timedelta(days=7 if grain is Grain.WEEK else 1)


def _first_of_month(local: datetime) -> datetime:
    return local.replace(day=1)


def _quarter(local: datetime) -> int:
    return (local.month + 2) // 3
