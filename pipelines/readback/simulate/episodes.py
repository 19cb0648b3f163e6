"""The true episodes: watches the slices go by and notes who opened, kept and closed each one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from readback.simulate.fate import FAILED, PREFERRED, RETRY
from readback.simulate.fleet import MODELS, WORKFLOWS
from readback.simulate.outages import Calendar, Window
from readback.simulate.tally import FALLBACK_KINDS, request_id
from readback.simulate.traffic import Slice
from readback.simulate.truth import EpisodeTruth

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> datetime:
    """Return the UTC time of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=microseconds)


@dataclass
class _Watch:
    """What has been seen of one episode so far; times in microseconds, each with the request's key."""

    windows: list[Window]
    state: str
    opened: tuple[int, str] | None = None
    recovered: tuple[int, str] | None = None
    last_seen: int = 0
    fallbacks: int = 0
    failed: int = 0
    served: set[int] = field(default_factory=set)

    @property
    def end(self) -> int:
        """End of the last window."""
        return self.windows[-1].end


class EpisodeWatch:
    """Follows every planned episode through the slices."""

    def __init__(self, calendar: Calendar) -> None:
        """Group the plan's windows by episode."""
        self._watches: dict[int, _Watch] = {}
        self._numbers = {window: number for number, window in enumerate(calendar.windows)}
        for window in calendar.windows:
            state = calendar.terminal.get(window.episode, "recovered")
            self._watches.setdefault(window.episode, _Watch([], state)).windows.append(window)

    def add(self, part: Slice, requests: pl.DataFrame) -> None:
        """Look at one slice."""
        for watch in self._watches.values():
            if watch.windows[0].start < part.end and watch.recovered is None:
                self._look(watch, part, requests)

    def _look(self, watch: _Watch, part: Slice, requests: pl.DataFrame) -> None:
        workflow = watch.windows[0].workflow
        mine = requests.filter(pl.col("workflow") == workflow)
        if part.start < watch.end:
            numbers = [self._numbers[window] for window in watch.windows]
            self._collect(watch, mine.filter(pl.col("window").is_in(numbers)))
        healthy = mine.filter(pl.col("at") >= watch.end, pl.col("kind").is_in([PREFERRED, RETRY]))
        if healthy.height and watch.state == "recovered":
            watch.recovered = healthy["at"][0], healthy["key"][0]

    def _collect(self, watch: _Watch, inside: pl.DataFrame) -> None:
        fallbacks = inside.filter(pl.col("kind").is_in(FALLBACK_KINDS))
        watch.failed += inside.filter(pl.col("kind") == FAILED).height
        watch.fallbacks += fallbacks.height
        if fallbacks.height:
            watch.opened = watch.opened or (fallbacks["at"][0], fallbacks["key"][0])
            watch.last_seen = fallbacks["at"][-1]
            watch.served |= set(fallbacks["served"].unique().to_list())

    def finish(self) -> tuple[EpisodeTruth, ...]:
        """Return the episodes, oldest first."""
        told = [_told(watch) for watch in self._watches.values()]
        return tuple(sorted(told, key=lambda e: (e.opened_at, e.workflow)))


def _told(watch: _Watch) -> EpisodeTruth:
    first = watch.windows[0]
    assert watch.opened is not None, "pulses guarantee fallbacks in every window"
    recovered = watch.recovered
    return EpisodeTruth(
        workflow=WORKFLOWS[first.workflow].name,
        preferred_model=WORKFLOWS[first.workflow].preferred,
        cause=first.cause,
        opened_at=moment(watch.opened[0]),
        opened_by=request_id(first.workflow, watch.opened[1]),
        recovered_at=moment(recovered[0]) if recovered else None,
        recovered_by=request_id(first.workflow, recovered[1]) if recovered else None,
        last_seen_at=moment(watch.last_seen),
        state=watch.state,
        duration_s=(recovered[0] - watch.opened[0]) / 1e6 if recovered else None,
        fallback_count=watch.fallbacks,
        failed_count=watch.failed,
        flap_count=len(watch.windows) - 1,
        substitutes=tuple(sorted(MODELS[code].model_id for code in watch.served)),
        incident_id=first.incident_id,
        planned_start=moment(first.start),
        planned_end=moment(watch.end),
    )
