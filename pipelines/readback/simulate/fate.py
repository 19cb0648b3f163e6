"""What becomes of each request: kind, cause, substitute, breach, durations. One workflow and slice at a time."""

import numpy as np
import numpy.typing as npt
import polars as pl

from readback.simulate.fleet import (
    CAUSE_INDEX,
    CAUSES,
    MODEL_INDEX,
    MODELS,
    Workflow,
    approved_for,
    is_trigger_allowed,
)
from readback.simulate.outages import CALM, MINUTE, SECOND, Times

KINDS = ("preferred", "retry", "cache_hit", "attempt_chain", "preemptive", "provider_declared", "failed")
PREFERRED, RETRY, CACHE_HIT, CHAIN, PREEMPTIVE, DECLARED, FAILED = range(7)
REASONS = (
    "none",
    "unapproved_substitute",
    "approval_expired",
    "trigger_not_allowed",
    "stop_condition_ignored",
)
RETRY_SHARE = 0.008
FAILED_SHARE = 0.0005
COOLDOWN = 60 * SECOND
TIMEOUT = 30 * SECOND
ERROR_LASTS = 2_100_000


Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


class Fate:
    """Decides, column by column, what becomes of one workflow's requests in one slice."""

    def __init__(self, workflow: Workflow, at: Times, is_pulse: Flags, rng: np.random.Generator) -> None:
        """Start with everybody served by the preferred model."""
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
        chosen = np.unique(chosen[self.at[chosen] - times < 10 * MINUTE])
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
            # A cooldown begins when the first call of its cycle has failed: calls before that fail too.
            cycle = window * 10_000 + (self.at[inside] - starts[window]) // COOLDOWN
            first, number = np.unique(cycle, return_index=True, return_inverse=True)[1:]
            lag = self.at[inside] - self.at[inside[first]][number]
            is_slow = self.cause[inside] == CAUSE_INDEX["latency_breach"]
            has_provider_error = self.cause[inside] != CAUSE_INDEX["cost_ceiling"]
            kind[has_provider_error & (lag <= np.where(is_slow, TIMEOUT, ERROR_LASTS))] = CHAIN
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

    def _unapproved(self, fallback: Flags) -> None:
        if self.workflow.unapproved is None:
            return
        lot = self.rng.random(len(self.at)) < self.workflow.unapproved_share
        rows = (fallback & lot) | (self.kind == DECLARED)
        self.served[rows] = MODEL_INDEX[self.workflow.unapproved]
        self.reason[rows] = REASONS.index("unapproved_substitute")

    def _unguarded(self, fallback: Flags) -> None:
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
        seconds[self.cause == CAUSE_INDEX["latency_breach"]] = TIMEOUT / SECOND
        seconds[self.kind == PREEMPTIVE] = 0.002
        seconds[np.isin(self.kind, (PREFERRED, CACHE_HIT, DECLARED))] = 0.0
        is_rerun = self.cause == CAUSE_INDEX["low_confidence"]
        seconds[is_rerun] = MODELS[MODEL_INDEX[self.workflow.preferred]].latency_s
        return (seconds * SECOND).astype(np.int64)
