"""The fate of runs: which are reviewed, released, redone or do harm, and when. Draws only; writes nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from readback.simulate.fate import FAILED
from readback.simulate.fleet import WORKFLOWS
from readback.simulate.outages import SECOND, Calendar, at_fraction
from readback.simulate.outcome_rules import DELAY_S, METRICS, RULE_OF, WATCHERS, Rule
from readback.simulate.tally import FALLBACK_KINDS

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]

COST_SPREAD = 0.8
HARM_SHARES = (0.05, 0.15, 0.35, 0.45)


@dataclass(frozen=True)
class Parameters:
    """The rules of one metric as arrays by workflow; NaN cost and -1 coverage where there is none."""

    base: Floats
    effect: Floats
    review_share: Floats
    mean_cost: Floats
    covered_from: Times
    is_watched: Flags


def parameters(metric: str, calendar: Calendar) -> Parameters:
    """Return the rules of a metric, one entry per workflow of the fleet."""
    rules = [RULE_OF[workflow.name, metric] for workflow in WORKFLOWS]
    return Parameters(
        base=np.array([rule.base for rule in rules]),
        effect=np.array([rule.risk_difference for rule in rules]),
        review_share=np.array([_reviewed_share(rule) for rule in rules]),
        mean_cost=np.array([rule.mean_cost_usd or np.nan for rule in rules]),
        covered_from=np.array([covered_from(rule, calendar) or -1 for rule in rules]),
        is_watched=np.array([rule.watcher is not None for rule in rules]),
    )


def _reviewed_share(rule: Rule) -> float:
    rate = WATCHERS[rule.watcher].sample_rate if rule.watcher else 1.0
    return (rule.review_share or 0.0) * rate


def covered_from(rule: Rule, calendar: Calendar) -> int | None:
    """Return when the rule's watcher begins to see, in microseconds; None when nobody watches."""
    if rule.watcher is None:
        return None
    return at_fraction(calendar.start, calendar.end, WATCHERS[rule.watcher].covered_from)


def served_runs(requests: pl.DataFrame) -> pl.DataFrame:
    """Return the slice's runs that somebody answered.

    Columns: `workflow, run, is_exposed` (any fallback), `served_at` (end of the last answer), `key` and `reply_id` of
    the last answered request.
    """
    finished = pl.col("at") + pl.col("failed_us") + pl.col("served_us")
    answered = requests.filter(pl.col("kind") != FAILED).with_columns(finished=finished)
    return answered.group_by("workflow", "run", maintain_order=True).agg(
        is_exposed=pl.col("kind").is_in(FALLBACK_KINDS).any(),
        served_at=pl.col("finished").max(),
        key=pl.col("key").last(),
        reply_id=pl.col("reply_id").last(),
    )


class RunFates:
    """Draws what becomes of the runs of one slice after another."""

    def __init__(self, calendar: Calendar, seed: int) -> None:
        """Read the rules once."""
        self.seed = seed
        self.rules = {metric: parameters(metric, calendar) for metric in METRICS}

    def draw(self, runs: pl.DataFrame, number: int) -> pl.DataFrame:
        """Return the runs with, per metric, `<metric>_at` (-1 without event) and `is_<metric>_seen`.

        Further columns: `reviewed_at` (-1 when not reviewed), `decision`, `edit_ratio`, `released_at` (-1 when
        rejected), `cost_usd` and `severity` (code) of the downstream error, `effort_s` of the rework.
        """
        rng = np.random.default_rng([self.seed, 3, number])
        workflow = runs["workflow"].to_numpy()
        exposed = runs["is_exposed"].to_numpy()
        served_at = runs["served_at"].to_numpy()
        columns, released_at = self._review(workflow, exposed, served_at, rng)
        columns["released_at"] = released_at
        for metric in ("rework", "downstream_error"):
            struck = self._strikes(metric, workflow, exposed, rng) & (released_at >= 0)
            columns[f"{metric}_at"] = np.where(struck, released_at + _delays(metric, len(struck), rng), -1)
        mean = self.rules["downstream_error"].mean_cost[workflow]
        spread = np.exp(rng.normal(-(COST_SPREAD**2) / 2, COST_SPREAD, len(mean)))
        columns["cost_usd"] = np.round(mean * spread, 2)
        columns["severity"] = rng.choice(len(HARM_SHARES), len(mean), p=HARM_SHARES)
        columns["effort_s"] = (600 * np.exp(rng.normal(0, 0.7, len(mean)))).astype(np.int64)
        for metric, rule in self.rules.items():
            starts = rule.covered_from[workflow]
            columns[f"is_{metric}_seen"] = rule.is_watched[workflow] & (served_at >= starts)
        return runs.with_columns(**{name: pl.Series(values) for name, values in columns.items()})

    def _strikes(self, metric: str, workflow: Times, exposed: Flags, rng: np.random.Generator) -> Flags:
        rule = self.rules[metric]
        risk = rule.base[workflow] + rule.effect[workflow] * exposed
        return np.asarray(rng.random(len(workflow)) < risk)

    def _review(
        self, workflow: Times, exposed: Flags, served_at: Times, rng: np.random.Generator
    ) -> tuple[dict[str, npt.NDArray[Any]], Times]:
        """Half of the overrides edit, a third reject (never released), the rest replace."""
        count = len(workflow)
        reviewed = rng.random(count) < self.rules["override"].review_share[workflow]
        reviewed_at = np.where(reviewed, served_at + _delays("override", count, rng), -1)
        overridden = reviewed & self._strikes("override", workflow, exposed, rng)
        lot = rng.random(count)
        bad = np.select([lot < 0.5, lot < 0.83], ["approved_with_edits", "rejected"], "replaced")
        good = np.where(lot < 0.85, "approved", "approved_with_edits")
        decision = np.where(overridden, bad, good)
        ratio = np.where(overridden, 0.15 + 0.45 * rng.random(count), 0.01 + 0.07 * rng.random(count))
        rejected = overridden & (decision == "rejected")
        released_at = np.where(rejected, -1, np.where(reviewed, reviewed_at, served_at))
        columns = {
            "reviewed_at": reviewed_at,
            "override_at": np.where(overridden, reviewed_at, -1),
            "decision": decision,
            "edit_ratio": np.round(ratio, 3),
        }
        return columns, released_at


def _delays(metric: str, count: int, rng: np.random.Generator) -> Times:
    """Truncated exponential by inversion, in microseconds."""
    mean, cap = DELAY_S[metric]
    full = -np.expm1(-cap / mean)
    seconds = -mean * np.log1p(-rng.random(count) * full)
    return np.asarray(seconds * SECOND, dtype=np.int64)
