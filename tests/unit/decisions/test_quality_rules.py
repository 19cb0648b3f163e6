"""A lasting rise of an outcome rate is watched, alerted on, and over; chance is not."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from unit.decisions.samples import AS_OF, outcome_weeks

from readback.contracts.vocabulary import AlertTier, MonitorStatus
from readback.decisions.condition import Condition
from readback.decisions.outcome_weeks import OutcomeWeek
from readback.decisions.quality_rules import monitors, quality_regression

FLAT = [0.10] * 20


def judged(rows: list[OutcomeWeek], as_of: datetime = AS_OF) -> list[Condition]:
    return list(quality_regression(rows, as_of))


def test_an_unchanged_rate_is_silent() -> None:
    assert judged(outcome_weeks(FLAT)) == []


def test_a_rise_of_five_points_is_an_alert_within_three_weeks() -> None:
    (condition,) = judged(outcome_weeks([*FLAT, 0.15, 0.15, 0.15]))
    assert (condition.tier, condition.workflow, condition.metric) == (AlertTier.TICKET, "payment", "rework_rate")
    assert condition.started_at == datetime(2026, 10, 5, tzinfo=UTC)
    assert condition.title == "Rework of payment rose in the week of 2026-10-05"
    assert condition.detail.startswith("15% (95% CI 13")
    assert "against 10% (95% CI 9.2" in condition.detail
    assert "in the baseline of 12 weeks" in condition.detail
    assert "Detectable change:" in condition.detail


def test_weaker_evidence_is_watched_and_keeps_its_fingerprint_when_it_grows() -> None:
    (watched,) = judged(_weeks(3, 200))
    (alerted,) = judged(_weeks(8, 200))
    assert (watched.tier, watched.level) == (AlertTier.WATCH, 0)
    assert alerted.tier is AlertTier.TICKET
    assert alerted.level >= 1
    assert watched.scope[:3] == alerted.scope[:3] == ("payment", "rework_rate", "up")


def test_later_weeks_leave_the_fingerprint_as_it_was() -> None:
    scopes = {judged(_weeks(count, 500))[0].scope for count in range(3, 15)}
    assert len(scopes) == 1


def test_a_level_is_gained_for_each_tenfold_evidence() -> None:
    levels = [judged(_weeks(count, 500))[0].level for count in (3, 5, 8)]
    assert levels == sorted(levels)
    assert levels[0] < levels[-1]


def test_a_rise_is_over_when_the_rate_has_come_back() -> None:
    up = [*FLAT, *[0.16] * 8]
    assert judged(outcome_weeks(up))
    assert judged(outcome_weeks([*up, *[0.10] * 8])) == []


def test_after_its_end_evidence_is_gathered_anew() -> None:
    up_and_back = [*FLAT, *[0.16] * 8, *[0.10] * 12]
    (again,) = judged(outcome_weeks([*up_and_back, *[0.16] * 6]))
    assert again.started_at is not None
    assert again.started_at >= AS_OF - timedelta(weeks=8)


def test_only_ended_and_mature_weeks_count() -> None:
    rows = outcome_weeks([*FLAT, 0.15, 0.15, 0.15])
    assert judged([replace(row, maturity=0.9) if number >= 20 else row for number, row in enumerate(rows)]) == []
    assert judged(rows, as_of=rows[20].ends_at - timedelta(seconds=1)) == []


def test_a_settled_rise_is_the_new_normal() -> None:
    rows = outcome_weeks([*FLAT, *[0.15] * 13])
    assert judged(rows)
    settled = [replace(row, rebased_at=rows[21].week_at) for row in rows]
    assert judged(settled) == []
    (monitor,) = monitors(settled, AS_OF)
    assert monitor.week_count == 12
    assert monitor.baseline_rate == pytest.approx(0.15)


def test_runs_that_share_their_fate_count_for_less() -> None:
    rows = [*FLAT, 0.15, 0.15, 0.15]
    alone = outcome_weeks(rows)
    clustered = [
        replace(row, n2=row.n * 25, n3=row.n * 625, x2=row.x * 25, xn=row.x * 25, cluster_count=row.n / 25)
        for row in alone
    ]
    assert judged(alone)
    assert judged(clustered) == []


def test_everything_that_the_evidence_follows_from_is_stored() -> None:
    (condition,) = judged(_weeks(3, 500))
    assert {"weeks", "baseline", "onset", "watched", "design_effect", "evidence", "watch_from", "alert_from"} <= set(
        condition.facts
    )
    assert judged(_weeks(3, 500)) == [condition]


def test_every_watched_rate_tells_the_change_that_it_would_see() -> None:
    small, large = outcome_weeks(FLAT, runs=50), outcome_weeks(FLAT, runs=1000, workflow="letters")
    few, many = sorted(monitors(small + large, AS_OF), key=lambda row: row.weekly_n or 0)
    assert few.detectable_change is not None
    assert many.detectable_change is not None
    assert many.detectable_change < 0.05 < few.detectable_change
    assert {few.status, many.status} == {MonitorStatus.WATCHING}


def test_a_short_baseline_says_so() -> None:
    (monitor,) = monitors(outcome_weeks([0.1] * 5), AS_OF)
    assert (monitor.status, monitor.week_count) == (MonitorStatus.SHORT_BASELINE, 5)
    assert monitor.detectable_change is monitor.evidence_ratio is None
    assert judged(outcome_weeks([0.1] * 5 + [0.9])) == []


def test_no_outcome_at_all_is_no_monitor() -> None:
    assert monitors([], AS_OF) == []
    assert judged([]) == []


def test_a_year_of_chance_over_fifty_workflows_alerts_on_none() -> None:
    chance = np.random.default_rng(4)
    rows = [
        row
        for number in range(50)
        for row in outcome_weeks(list(chance.binomial(200, 0.1, 64) / 200), runs=200, workflow=f"w{number}")
    ]
    assert [each for each in judged(rows) if each.tier is AlertTier.TICKET] == []


def test_a_thousand_rates_over_two_years_take_seconds() -> None:
    chance = np.random.default_rng(5)
    rows = [
        row
        for number in range(1000)
        for row in outcome_weeks(list(chance.binomial(200, 0.1, 104) / 200), runs=200, workflow=f"w{number}")
    ]
    began = time.perf_counter()
    judged(rows)
    assert time.perf_counter() - began < 10


def _weeks(count: int, runs: int) -> list[OutcomeWeek]:
    """Twenty flat weeks and then some raised ones, always at the same dates."""
    rows = outcome_weeks([*FLAT, *[0.15] * 15], runs=runs)
    return rows[: 20 + count]
