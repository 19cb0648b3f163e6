"""The requests: who asks when, and what becomes of each. One frame per slice of time; nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from readback.simulate.fleet import (
    CAUSE_INDEX,
    CAUSES,
    MODEL_INDEX,
    MODELS,
    WORKFLOWS,
    Workflow,
    approved_for,
    is_trigger_allowed,
)
from readback.simulate.ids import uuids
from readback.simulate.outages import (
    CALM,
    DAY,
    HOUR,
    MINUTE,
    RETIRED_WORKFLOW,
    SECOND,
    Calendar,
    Times,
    cause_codes,
)

KINDS = ("preferred", "retry", "cache_hit", "attempt_chain", "preemptive", "provider_declared", "failed")
PREFERRED, RETRY, CACHE_HIT, CHAIN, PREEMPTIVE, DECLARED, FAILED = range(7)
REASONS = (
    "none",
    "unapproved_substitute",
    "approval_expired",
    "trigger_not_allowed",
    "stop_condition_ignored",
)
CELL = 10 * MINUTE
SLICE_REQUESTS = 100_000
RETRY_SHARE = 0.008
FAILED_SHARE = 0.0005
COOLDOWN = 60 * SECOND

Codes = npt.NDArray[np.int8]
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

        Columns: `workflow, kind, cause, served, reason` (codes into the fleet's tuples and this module's; `cause`
        -1 where nothing failed, `served` -1 where nobody answered), `window` (-1 outside), `at` (start of the
        request, microseconds since the epoch), `failed_us, served_us, first_token_us` (durations), `is_stream`,
        `is_guarded`, `deployment` (0 or 1), `input_tokens`, `output_tokens`, `run` (number within the workflow),
        `key` (UUID).
        """
        rng = np.random.default_rng([self.seed, 2, part.number])
        frames = [self._of_workflow(index, part, rng) for index in range(len(WORKFLOWS))]
        frame = pl.concat(frames).sort("at", "workflow", maintain_order=True)
        return frame.with_columns(key=uuids(rng, frame.height))

    def _of_workflow(self, index: int, part: Slice, rng: np.random.Generator) -> pl.DataFrame:
        at, is_pulse = self._arrivals(index, part, rng)
        fate = _Fate(WORKFLOWS[index], at, is_pulse, rng)
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

    def _arrivals(
        self, index: int, part: Slice, rng: np.random.Generator
    ) -> tuple[Times, npt.NDArray[np.bool_]]:
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


class _Fate:
    """Decides, column by column, what becomes of one workflow's requests in one slice."""

    def __init__(
        self, workflow: Workflow, at: Times, is_pulse: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        self.workflow, self.at, self.is_pulse, self.rng = workflow, at, is_pulse, rng
        self.kind: Codes = np.zeros(len(at), dtype=np.int8)
        self.cause: Codes = np.full(len(at), -1, dtype=np.int8)
        self.served: Codes = np.full(len(at), MODEL_INDEX[workflow.preferred], dtype=np.int8)
        self.reason: Codes = np.zeros(len(at), dtype=np.int8)
        self.is_guarded = np.full(len(at), workflow.guardrail is not None)

    def place(self, starts: Times, ends: Times) -> None:
        """Find each request's window, and whether it is near one (calm: nothing else may happen there)."""
        before = np.searchsorted(starts, self.at, side="right") - 1
        is_inside = before >= 0
        is_inside[is_inside] = self.at[is_inside] < ends[before[is_inside]]
        self.window = np.where(is_inside, before, -1)
        after = np.searchsorted(starts - CALM, self.at, side="right") - 1
        is_calm = after >= 0
        is_calm[is_calm] = self.at[is_calm] < ends[after[is_calm]] + CALM
        self.is_open_field = ~is_calm & ~self.is_pulse

    def everyday(self) -> None:
        """Retries, cache hits and plain failures, far from any window."""
        lot = self.rng.random(len(self.at))
        has_retries = self.workflow.source != "otlp"
        edges = np.cumsum([RETRY_SHARE * has_retries, self.workflow.cache_share, FAILED_SHARE])
        for kind, low, high in zip((RETRY, CACHE_HIT, FAILED), (0.0, *edges[:2]), edges, strict=True):
            self.kind[self.is_open_field & (lot >= low) & (lot < high)] = kind
        self.cause[self.kind == RETRY] = CAUSE_INDEX["provider_outage"]
        self.cause[self.kind == FAILED] = CAUSE_INDEX["unknown"]

    def blips(self, times: Times) -> None:
        """Turn the first eligible request after each blip's time into an isolated fallback."""
        eligible = np.flatnonzero(self.is_open_field & (self.kind == PREFERRED))
        if not len(eligible) or not len(times):
            return
        spot = np.searchsorted(self.at[eligible], times)
        times, spot = times[spot < len(eligible)], spot[spot < len(eligible)]
        chosen = eligible[spot]
        chosen, first = np.unique(chosen[self.at[chosen] - times < 10 * MINUTE], return_index=True)
        which = (self.at[chosen] // (30 * MINUTE)) % len(self.workflow.blip_causes)
        codes = np.array([CAUSE_INDEX[cause] for cause in self.workflow.blip_causes], dtype=np.int8)
        self.cause[chosen] = codes[which]
        self.kind[chosen] = np.where(codes[which] == CAUSE_INDEX["unknown"], DECLARED, CHAIN)

    def outage(self, causes: Codes, starts: Times) -> None:
        """Inside a window nobody is served by the preferred model: substitute, cooldown or failure."""
        inside = np.flatnonzero(self.window >= 0)
        if not len(inside):
            return
        window = self.window[inside]
        self.cause[inside] = causes[window]
        kind = np.full(len(inside), PREEMPTIVE, dtype=np.int8)
        if self.workflow.source != "litellm":
            kind[:] = CHAIN
        else:
            # The first call of a cooldown cycle meets the provider's error, the rest find no deployment.
            cycle = window * 10_000 + (self.at[inside] - starts[window]) // COOLDOWN
            has_provider_error = causes[window] != CAUSE_INDEX["cost_ceiling"]
            first = np.unique(cycle, return_index=True)[1]
            kind[first] = np.where(has_provider_error[first], CHAIN, PREEMPTIVE)
        lot = self.rng.random(len(inside)) < self.workflow.failed_share_in_outage
        kind[lot & ~self.is_pulse[inside]] = FAILED
        self.kind[inside] = kind

    def serve(self, expiries: dict[int, int]) -> None:
        """Choose the substitute of each fallback and note which rule of the policy it breaks."""
        fallback = np.isin(self.kind, (CHAIN, PREEMPTIVE, DECLARED))
        for cause in np.unique(self.cause[fallback]).tolist():
            rows = fallback & (self.cause == cause)
            target = MODEL_INDEX[approved_for(self.workflow, CAUSES[cause]).model_id]
            self.served[rows] = target
            if not is_trigger_allowed(self.workflow, CAUSES[cause]):
                self.reason[rows] = REASONS.index("trigger_not_allowed")
            if target in expiries:
                self.reason[rows & (self.at >= expiries[target])] = REASONS.index("approval_expired")
        self._unapproved(fallback)
        self._unguarded(fallback)
        self.served[self.kind == FAILED] = -1

    def _unapproved(self, fallback: npt.NDArray[np.bool_]) -> None:
        if self.workflow.unapproved is None:
            return
        lot = self.rng.random(len(self.at)) < self.workflow.unapproved_share
        rows = (fallback & lot) | (self.kind == DECLARED)
        self.served[rows] = MODEL_INDEX[self.workflow.unapproved]
        self.reason[rows] = REASONS.index("unapproved_substitute")

    def _unguarded(self, fallback: npt.NDArray[np.bool_]) -> None:
        lot = self.rng.random(len(self.at)) < self.workflow.unguarded_share
        rows = fallback & lot & (self.reason == 0)
        self.is_guarded[rows] = False
        self.reason[rows] = REASONS.index("stop_condition_ignored")

    def frame(self, index: int, numbers: Times, runs: Times) -> pl.DataFrame:
        """Add durations and tokens, and return the rows."""
        count = len(self.at)
        served_us = self._served_us(count)
        is_stream = self.rng.random(count) < self.workflow.stream_share
        first_token_us = np.where(is_stream, served_us // 5, served_us)
        tokens = np.array(self.workflow.tokens) * np.exp(self.rng.normal(0, 0.4, (count, 2)))
        return pl.DataFrame(
            {
                "workflow": np.full(count, index, dtype=np.int8),
                "kind": self.kind,
                "cause": self.cause,
                "served": self.served,
                "reason": self.reason,
                "window": numbers[self.window],
                "at": self.at,
                "failed_us": self._failed_us(count),
                "served_us": served_us,
                "first_token_us": first_token_us,
                "is_stream": is_stream,
                "is_guarded": self.is_guarded,
                "deployment": self.rng.integers(0, 2, count, dtype=np.int8),
                "input_tokens": tokens[:, 0].astype(np.int64) + 1,
                "output_tokens": tokens[:, 1].astype(np.int64) + 1,
                "run": runs,
            }
        )

    def _served_us(self, count: int) -> Times:
        """Lognormal with a heavier tail for two in a hundred; a cache answers in a millisecond."""
        median = np.array([model.latency_s for model in MODELS] + [0.0])[self.served]
        tail = np.where(self.rng.random(count) < 0.02, 4.0, 1.0)
        seconds = median * tail * np.exp(self.rng.normal(0, 0.35, count))
        seconds[self.kind == CACHE_HIT] = 0.0009
        return (seconds * SECOND).astype(np.int64)

    def _failed_us(self, count: int) -> Times:
        """Time lost before the winning attempt began; 0 where nothing failed before it."""
        seconds = 1.1 + self.rng.random(count)
        seconds[self.cause == CAUSE_INDEX["latency_breach"]] = 30.0
        seconds[self.kind == PREEMPTIVE] = 0.002
        seconds[np.isin(self.kind, (PREFERRED, CACHE_HIT, DECLARED))] = 0.0
        is_rerun = self.cause == CAUSE_INDEX["low_confidence"]
        seconds[is_rerun] = MODELS[MODEL_INDEX[self.workflow.preferred]].latency_s
        return (seconds * SECOND).astype(np.int64)


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
