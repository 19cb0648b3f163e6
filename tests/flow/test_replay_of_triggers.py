"""Each trigger that a policy may declare, in force and in a candidate, on a log that tells what it watches, or not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest
from planted_world import built

from readback import store
from readback.decisions.replay import ClassChange, Replay, replay
from readback.policy.loading import read_policies
from readback.policy.triggers import TriggerType
from readback.policy.version import Policy
from readback.simulate.planted import PREFERRED, SCENARIOS, SECOND, Fleet, fleet

DOUBTED = 0.1
"""Answers of less confidence were set aside by the gateway."""

WATCHED = (
    "type: latency_breach, when: {metric: ttft_p95, gt: 2s, window: 1h, min_requests: 3}",
    "type: latency_breach, when: {metric: ttft_p95, lt: 2s, window: 1h, min_requests: 3}",
    "type: latency_breach, when: {metric: total_p95, gt: 3s, window: 1h, min_requests: 3}",
    "type: latency_breach, when: {metric: stream_rate, lt: 60, window: 1h, min_requests: 3}",
    "type: latency_breach, when: {metric: stream_rate, gt: 60, window: 1h, min_requests: 3}",
    "type: low_confidence, when: {below: 0.1}",
    "type: low_confidence, when: {below: 0.3, consecutive: 2, signal: 'eval:tests'}",
    "type: low_confidence, when: {consecutive: 3}",
    "type: low_confidence, when: {below: 0.3, share_gte: 0.4, window: 1h, min_requests: 3}",
    "type: low_confidence, when: {share_gte: 0.2, window: 6h, min_requests: 3}",
    "type: quota_exhausted, when: {unit: requests, limit: 20, period: 1d}",
    "type: quota_exhausted, when: {unit: tokens, limit: 5000, period: 1d}",
    "type: cost_ceiling, when: {amount: '0.20', currency: USD, period: 1d}",
    "type: cost_ceiling, when: {amount: '0.20', currency: GBP, period: 1d}",
    "type: provider_throttled, when: {share_gte: 0.1, window: 1h, min_requests: 3}",
    "type: provider_error, when: {status_codes: ['5XX'], errors: [connection]}",
    *(f"type: {kind}" for kind in TriggerType if kind is not TriggerType.LATENCY_BREACH),
)


class World:
    """A log under a policy that was in force."""

    def __init__(self, con: store.Connection, planted: Fleet) -> None:
        self.con, self.planted = con, planted

    def run(self, *triggers: str) -> Replay:
        """A candidate with other triggers, the first class first."""
        (base,), (candidate,) = versions(self.planted.policy), versions(watching(self.planted.policy, *triggers))
        return replay(self.con, [base], candidate, self.planted.as_of)

    def changed(self, trigger: str) -> ClassChange:
        (change,) = self.run(trigger).changes
        assert change.workflow_class == "class-00"
        return change

    def count(self, condition: str) -> int:
        asked = f"select count(*) from requests where workflow_class = 'class-00' and ({condition})"
        ((found,),) = self.con.execute(asked).fetchall()
        return int(found)


Worlds = Callable[..., World]


@pytest.fixture(scope="module")
def telling() -> Iterator[Worlds]:
    """A log that tells first tokens, stream rates and confidence, and whose gateway set doubted answers aside."""
    with ExitStack() as stack:
        yield lru_cache(lambda *triggers: world(stack, lambda rows: doubted(told(rows)), triggers))


@pytest.fixture(scope="module")
def silent() -> Iterator[Worlds]:
    """A log that tells times of whole answers, and no more."""
    with ExitStack() as stack:
        yield lru_cache(lambda *triggers: world(stack, lambda rows: rows, triggers))


def world(stack: ExitStack, log: Callable[[pl.DataFrame], pl.DataFrame], triggers: tuple[str, ...]) -> World:
    planted = fleet(SCENARIOS["timeout_too_high"], 3, workflows=len(triggers), days=10)
    made = replace(planted, attempts=log(planted.attempts), policy=watching(planted.policy, *triggers))
    return World(stack.enter_context(built(made, made.as_of)), made)


def watching(policy: str, *triggers: str) -> str:
    """The policy with other triggers, the first class first, in place of the latency triggers of its classes."""
    head, *classes = policy.split("  - id: class-")
    assert len(classes) == len(triggers)
    for n, trigger in enumerate(triggers):
        lines = classes[n].splitlines(keepends=True)
        place = next(k for k, line in enumerate(lines) if "id: latency," in line)
        lines[place] = f"      - {{id: latency, {trigger}}}\n"
        classes[n] = "".join(lines)
    return "  - id: class-".join([head, *classes])


def versions(text: str) -> tuple[Policy, ...]:
    return read_policies(text.encode(), Path("policy.yaml"))


def bounds(change: ClassChange) -> tuple[int, int]:
    return change.fallbacks_low, change.fallbacks_high


def told(attempts: pl.DataFrame) -> pl.DataFrame:
    is_answer = pl.col("status") == "ok"
    lasted_ms = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1000
    return attempts.with_columns(
        is_stream=True,
        ttft_ms=pl.when(is_answer).then(lasted_ms / 2),
        input_tokens=pl.when(is_answer).then(100),
        output_tokens=pl.when(is_answer).then(100),
        confidence=pl.when(is_answer).then((pl.col("line") * 7919 % 1000) / 1000),
    )


def doubted(attempts: pl.DataFrame) -> pl.DataFrame:
    """Answers of the preferred model below the confidence are followed by one of the second."""
    is_doubted = (pl.col("model_served") == PREFERRED) & (pl.col("confidence") < DOUBTED)
    aside = pl.when(is_doubted)
    first = attempts.with_columns(
        status=aside.then(pl.lit("blocked")).otherwise("status"),
        cause=aside.then(pl.lit("low_confidence")).otherwise("cause"),
        model_served=pl.when(~is_doubted).then("model_served"),
    )
    second = attempts.filter(is_doubted).with_columns(
        attempt_id=pl.col("attempt_id") + "d", started_at="ended_at",
        ended_at=pl.col("ended_at") + timedelta(seconds=1), confidence=pl.lit(0.95),
        model_requested=pl.lit(SECOND), model_served=pl.lit(SECOND), cost_usd=pl.lit(0.011),
    )  # fmt: skip
    return pl.concat([first, second]).sort("started_at", "attempt_id")


NOTHING = "type: admin_disabled"
LOW = "type: low_confidence, when: {below: %s}"
SET_ASIDE = "is_fallback and first_cause = 'low_confidence'"
ANSWERED = "served_by = 'preferred'"


def test_a_policy_in_force_replays_to_history_whatever_it_watches(telling: Worlds, silent: Worlds) -> None:
    for worlds in (telling, silent):
        assert worlds(*WATCHED).run(*WATCHED).is_history


def test_every_trigger_type_is_among_them() -> None:
    assert {kind for kind in TriggerType if not any(f"type: {kind}" in told for told in WATCHED)} == set()


def test_requests_carry_what_the_first_attempt_told(telling: Worlds, silent: Worlds) -> None:
    told_of = f"first_ttft_ms > 0 and first_tokens_per_s > 0 and first_confidence < {DOUBTED}"
    logged = telling(NOTHING)
    assert logged.count(f"{SET_ASIDE} and {told_of}") == logged.count(SET_ASIDE) > 50
    assert silent(NOTHING).count("first_ttft_ms is not null or first_confidence is not null") == 0


def test_a_lower_confidence_lets_answers_stand_that_were_given(telling: Worlds) -> None:
    logged = telling(LOW % 0.1)
    change, stand = logged.changed(LOW % 0.05), logged.count(f"{SET_ASIDE} and first_confidence >= 0.05")
    assert bounds(change) == (-stand, -stand)
    assert (change.failures_high, change.wait_low_s, change.unknown_cost_count) == (0, 0.0, 0)
    assert change.cost_usd == pytest.approx(-0.011 * stand)


def test_a_higher_confidence_sets_aside_what_was_answered(telling: Worlds) -> None:
    logged = telling(LOW % 0.1)
    change = logged.changed(LOW % 0.2)
    doubtful = logged.count(f"{ANSWERED} and first_cause is null and first_confidence < 0.2")
    assert bounds(change) == (doubtful, doubtful)
    assert change.unknown_wait_count == 0
    assert change.cost_usd == pytest.approx(0.011 * doubtful)


def test_without_the_trigger_no_answer_is_set_aside(telling: Worlds) -> None:
    logged = telling(LOW % 0.1)
    aside = logged.count(SET_ASIDE)
    assert bounds(logged.changed(NOTHING)) == (-aside, -aside)


def test_several_in_a_row_are_rarer_than_one(telling: Worlds) -> None:
    logged = telling(LOW % 0.1)
    several = "type: low_confidence, when: {below: 0.1, consecutive: %d}"
    twice, thrice = (logged.changed(several % n) for n in (2, 3))
    assert -logged.count(SET_ASIDE) <= thrice.fallbacks_low <= twice.fallbacks_low < 0
    assert twice.is_exact


def test_what_no_log_tells_of_confidence_lies_between_none_and_all(silent: Worlds) -> None:
    logged = silent(NOTHING)
    told = logged.run(LOW % 0.5)
    every = logged.count(f"{ANSWERED} and first_cause is null")
    assert [bounds(change) for change in told.changes] == [(0, every)]
    assert [(each.signal, each.untold_count) for each in told.untold] == [("confidence", every)]


def test_a_gateway_that_did_not_doubt_where_it_should_is_no_difference(telling: Worlds) -> None:
    """In force asks for more than was set aside, and so does the candidate: the log stands."""
    assert telling(LOW % 0.4).run(LOW % 0.3).changes == ()


@pytest.mark.parametrize(
    ("metric", "lenient", "strict"), [("ttft_p95", "gt: 9s", "gt: 2s"), ("stream_rate", "lt: 1", "lt: 110")]
)
def test_first_tokens_and_stream_rates_keep_off_as_far_as_they_are_told(
    telling: Worlds, silent: Worlds, metric: str, lenient: str, strict: str
) -> None:
    trigger = f"type: latency_breach, when: {{metric: {metric}, %s, window: 6h, min_requests: 3}}"
    logged = telling(trigger % lenient)
    known = logged.changed(trigger % strict)
    assert 0 < known.fallbacks_low <= known.fallbacks_high < logged.count(ANSWERED)
    told = silent(trigger % lenient).run(trigger % strict)
    assert [change.fallbacks_low for change in told.changes] == [0]
    assert all(change.fallbacks_high > known.fallbacks_high for change in told.changes)
    assert [each.signal for each in told.untold] == [metric]


def test_a_farther_threshold_than_the_one_in_force_keeps_nothing_more_off(silent: Worlds) -> None:
    """What is not told did not fire the nearer one, as the log shows, so it does not fire the farther one."""
    trigger = "type: latency_breach, when: {metric: ttft_p95, gt: %ds, window: 6h, min_requests: 3}"
    assert silent(trigger % 2).run(trigger % 4).changes == ()
    assert silent(LOW % 0.5).run(LOW % 0.4).changes == ()


def test_a_quota_keeps_off_the_rest_of_its_period(telling: Worlds, silent: Worlds) -> None:
    quota = "type: quota_exhausted, when: {unit: %s, limit: %d, period: 1d}"
    logged = silent(NOTHING)
    requests = logged.changed(quota % ("requests", 50))
    assert 0 < requests.fallbacks_low == requests.fallbacks_high < logged.count(ANSWERED)
    tokens = telling(NOTHING).changed(quota % ("tokens", 10_000))
    assert 0 < tokens.fallbacks_high <= telling(NOTHING).count(ANSWERED)
    open_bounds = logged.changed(quota % ("tokens", 10_000))
    assert open_bounds.fallbacks_low == 0 < open_bounds.fallbacks_high


def test_a_ceiling_in_a_currency_that_no_log_tells_is_only_bounded(silent: Worlds) -> None:
    ceiling = "type: cost_ceiling, when: {amount: '%d', currency: GBP, period: 1d}"
    change = silent(ceiling % 50).changed(ceiling % 20)
    assert change.fallbacks_low == 0 < change.fallbacks_high
    assert silent(ceiling % 20).run(ceiling % 50).changes == ()
