"""The requests: who asks when, in which run. One frame per slice of time; what becomes of each is in `fate.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from readback.simulate.fate import Fate
from readback.simulate.fleet import MODEL_INDEX, WORKFLOWS, Workflow
from readback.simulate.ids import hex_ids, uuids
from readback.simulate.outages import DAY, HOUR, MINUTE, RETIRED_WORKFLOW, Calendar, Times, cause_codes

CELL = 10 * MINUTE
SLICE_REQUESTS = 100_000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """A stretch within one UTC day, and how many natural requests each workflow sends in each of its cells."""

    number: int
    start: int
    end: int
    counts: npt.NDArray[np.int64]


def slices(calendar: Calendar, requests: int, rng: np.random.Generator) -> Iterator[Slice]:
    """Split the span into slices of about `SLICE_REQUESTS`, so that memory does not grow with the fleet."""
    cells = np.arange(calendar.start, calendar.end, CELL)
    natural = requests - sum(len(times) for times in calendar.pulses)
    weights = _intensity(cells, calendar)
    counts = rng.multinomial(natural, weights.ravel() / weights.sum()).reshape(weights.shape)
    day = (cells // DAY).astype(np.int64)
    filled = np.cumsum(counts.sum(axis=0)) // SLICE_REQUESTS
    breaks = np.flatnonzero(np.diff(day) | np.diff(filled)) + 1
    for number, (low, high) in enumerate(pairwise([0, *breaks.tolist(), len(cells)])):
        end = min(int(cells[high - 1]) + CELL, calendar.end)
        yield Slice(number, int(cells[low]), end, counts[:, low:high])


def _intensity(cells: Times, calendar: Calendar) -> Floats:
    """Return the relative traffic per workflow and cell: office hours, weekends, one workflow retired."""
    hour = (cells % DAY) / HOUR
    weekend = ((cells // DAY + 3) % 7) >= 5
    daily = 0.25 + np.exp(-(((hour - 13.5) / 4.2) ** 2))
    shape = np.where(weekend, 0.35, 1.0) * daily
    # The last cell may be cut short by the end of the span.
    shape = shape * np.minimum(1.0, (calendar.end - cells) / CELL)
    rows = np.outer([workflow.share for workflow in WORKFLOWS], shape)
    alive = cells + CELL <= calendar.retired_at
    for index, workflow in enumerate(WORKFLOWS):
        if workflow.name == RETIRED_WORKFLOW:
            rows[index] = rows[index] * alive
    return rows


class Traffic:
    """Draws the requests of one slice after another; runs are numbered across slices."""

    def __init__(self, calendar: Calendar, seed: int) -> None:
        """Keep the plan and the seed; each slice has its own generator."""
        self.calendar = calendar
        self.seed = seed
        self.runs = np.zeros(len(WORKFLOWS), dtype=np.int64)
        self.windows = [calendar.windows_of(index) for index in range(len(WORKFLOWS))]
        self.expiries = [_expiries(workflow, calendar) for workflow in WORKFLOWS]
        self.numbers = {window: number for number, window in enumerate(calendar.windows)}

    def requests(self, part: Slice) -> pl.DataFrame:
        """Return the slice's requests, oldest first.

        Columns: `workflow, kind, cause, served, reason` (codes into the tuples of `fleet` and `fate`; `cause`
        -1 where nothing failed, `served` -1 where nobody answered), `window` (-1 outside), `at` (start of the
        request, microseconds since the epoch), `failed_us, served_us, first_token_us` (durations), `is_stream`,
        `is_guarded`, `deployment` (0 or 1), `input_tokens`, `output_tokens`, `run` (number within the workflow),
        `key` (UUID), `reply_id` (24 hexadecimal digits).
        """
        rng = np.random.default_rng([self.seed, 2, part.number])
        frames = [self._of_workflow(index, part, rng) for index in range(len(WORKFLOWS))]
        frame = pl.concat(frames).sort("at", "workflow", maintain_order=True)
        return frame.with_columns(key=uuids(rng, frame.height), reply_id=hex_ids(rng, frame.height, 24))

    def _of_workflow(self, index: int, part: Slice, rng: np.random.Generator) -> pl.DataFrame:
        at, is_pulse = self._arrivals(index, part, rng)
        fate = Fate(WORKFLOWS[index], at, is_pulse, rng)
        windows = self.windows[index]
        starts = np.array([window.start for window in windows], dtype=np.int64)
        ends = np.array([window.end for window in windows], dtype=np.int64)
        fate.place(starts, ends)
        fate.everyday()
        fate.blips(self.calendar.blips[index])
        fate.outage(cause_codes(windows), starts)
        fate.serve(self.expiries[index])
        numbers = np.array([self.numbers[window] for window in windows] + [-1], dtype=np.int64)
        runs = self.runs[index] + np.arange(len(at)) // WORKFLOWS[index].requests_per_run
        self.runs[index] = runs[-1] + 1 if len(at) else self.runs[index]
        return fate.frame(index, numbers, runs)

    def _arrivals(self, index: int, part: Slice, rng: np.random.Generator) -> tuple[Times, npt.NDArray[np.bool_]]:
        counts = part.counts[index]
        cells = part.start + CELL * np.arange(len(counts), dtype=np.int64)
        width = np.minimum(CELL, part.end - cells)
        natural = np.repeat(cells, counts)
        natural = natural + (rng.random(len(natural)) * np.repeat(width, counts)).astype(np.int64)
        pulses = self.calendar.pulses[index]
        pulses = pulses[(pulses >= part.start) & (pulses < part.end)]
        at = np.concatenate([natural, pulses])
        order = np.argsort(at, kind="stable")
        return at[order], (np.arange(len(at)) >= len(natural))[order]


def _expiries(workflow: Workflow, calendar: Calendar) -> dict[int, int]:
    """Map a substitute's index to the midnight at which its approval ends."""
    return {
        MODEL_INDEX[sub.model_id]: expiry_midnight(calendar, sub.expires_at_fraction)
        for sub in workflow.substitutes
        if sub.expires_at_fraction is not None
    }


def expiry_midnight(calendar: Calendar, fraction: float) -> int:
    """Return the first midnight (UTC) after this fraction of the span: an approval ends with a date."""
    moment = calendar.start + int((calendar.end - calendar.start) * fraction)
    return moment // DAY * DAY + DAY
