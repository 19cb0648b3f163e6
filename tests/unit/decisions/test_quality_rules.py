"""A lasting rise of an outcome rate is watched, alerted on, and over; chance is not."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from unit.decisions.samples import AS_OF, OutcomeWeek, frame_of, outcome_weeks

from readback.contracts import Monitor
from readback.contracts.vocabulary import AlertTier, MonitorStatus
from readback.decisions import quality_rules
from readback.decisions.condition import Condition
from readback.decisions.quality_rules import lasting, quality_regression
from readback.decisions.surveillance import watch

FLAT = [0.10] * 20


def judged(rows: list[OutcomeWeek], as_of: datetime = AS_OF) -> list[Condition]:
    return list(quality_regression(lasting(watch(frame_of(rows), as_of)), as_of))


def monitors(rows: list[OutcomeWeek], as_of: datetime = AS_OF) -> list[Monitor]:
    return quality_rules.monitors(watch(frame_of(rows), as_of), as_of)


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


def test_weeks_that_a_late_outcome_may_change_are_told() -> None:
    rows = [
        replace(row, is_maturing=number > 20) for number, row in enumerate(outcome_weeks([*FLAT, 0.15, 0.15, 0.15]))
    ]
    (condition,) = judged(rows)
    assert "Maturing: 2 weeks of it, which outcomes may still change." in condition.detail
    (settled,) = judged([replace(row, is_maturing=False) for row in rows])
    assert "Maturing" not in settled.detail


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


def test_weeks_inside_an_episode_feed_no_baseline() -> None:
    """Two weeks of an incident at 40% would pass for the level of the workflow, and hide the rise to 15%."""
    calm, incident = [0.10] * 5, [0.40] * 2
    rows = outcome_weeks([*calm, *incident, *[0.10] * 13, *[0.15] * 4])
    during = [replace(row, episode_share=0.8) if number in (5, 6) else row for number, row in enumerate(rows)]
    assert judged(rows) == []
    (condition,) = judged(during)
    assert condition.tier is AlertTier.TICKET
    assert "in the baseline of 12 weeks, 2 weeks with an episode or a holiday left out" in condition.detail
    assert [f"{week:%m-%d}" for week in condition.facts["left_out"]] == ["06-15", "06-22"]
    (monitor,) = monitors(during)
    assert (monitor.left_out_count, monitor.week_count) == (2, 24)
    assert monitor.baseline_rate == pytest.approx(0.10)


def mixed(rows: list[OutcomeWeek], peak_share: float, rates: tuple[float, float] = (0.05, 0.20)) -> list[OutcomeWeek]:
    """The same weeks with so much of their work at peak hours, at a rate of its own."""
    found = []
    for row in rows:
        peak_n, off_n = row.n * peak_share, row.n * (1 - peak_share)
        peak_x, off_x = peak_n * rates[0], off_n * rates[1]
        found.append(replace(row, x=peak_x + off_x, peak_n=peak_n, peak_x=peak_x, off_n=off_n, off_x=off_x))
    return found


def test_more_work_at_bad_hours_is_no_worse_work() -> None:
    rows = outcome_weeks([0.1] * 30)
    shifted = [*mixed(rows[:20], 0.7), *mixed(rows[20:], 0.4)]
    assert judged([replace(row, peak_n=None, off_n=None) for row in shifted])
    assert judged(shifted) == []


def test_worse_work_is_seen_although_its_hours_have_changed_and_the_message_tells_the_rate_without_that() -> None:
    rows = outcome_weeks([0.1] * 30)
    (condition,) = judged([*mixed(rows[:20], 0.7), *mixed(rows[20:], 0.4, rates=(0.13, 0.28))])
    assert condition.tier is AlertTier.TICKET
    assert condition.detail.startswith("22% ")
    assert "At the baseline's hours of work it would be 14.9%, and that is judged." in condition.detail


def test_hours_that_the_baseline_did_not_know_compare_with_nothing() -> None:
    rows = outcome_weeks([0.1] * 30)
    assert judged([*mixed(rows[:20], 1.0), *mixed(rows[20:], 0.0)]) == []


def test_a_week_with_a_holiday_feeds_no_baseline_and_is_named_in_the_message() -> None:
    rows = outcome_weeks([*[0.10] * 5, 0.40, *[0.10] * 14, *[0.15] * 4])
    festive = [
        replace(row, holidays="Carnival" if n == 5 else "Harvest" if n == 21 else None) for n, row in enumerate(rows)
    ]
    (condition,) = judged(festive)
    assert "in the baseline of 12 weeks, 1 week with an episode or a holiday left out" in condition.detail
    assert "HOLIDAY in 1 week of it: Harvest." in condition.detail
    assert [name for _, name in condition.facts["holidays"]] == ["Carnival", "Harvest"]


def test_a_baseline_waits_for_weeks_outside_episodes() -> None:
    rows = [replace(row, episode_share=1.0) for row in outcome_weeks(FLAT)]
    (monitor,) = monitors(rows)
    assert (monitor.status, monitor.left_out_count) == (MonitorStatus.SHORT_BASELINE, 20)


def test_an_episode_of_hours_leaves_its_week_in_the_baseline() -> None:
    (monitor,) = monitors([replace(row, episode_share=0.1) for row in outcome_weeks(FLAT)])
    assert (monitor.status, monitor.left_out_count) == (MonitorStatus.WATCHING, 0)


def test_weeks_of_earlier_rises_feed_no_later_baseline() -> None:
    """Every rise is seen against the level outside of all of them."""
    up_and_back = [*[0.16] * 6, *[0.10] * 8]
    found = watch(frame_of(outcome_weeks([*FLAT, *up_and_back, *up_and_back, *[0.125] * 6])), AS_OF)
    assert found is not None
    (rises,) = found.rises.values()
    assert [rise.onset for rise in rises] == [20, 34, 48]
    assert rises[-1].ended is None
    (condition,) = quality_regression(lasting(found), AS_OF)
    assert "against 10% (95% CI 9." in condition.detail


def test_evidence_of_a_monitor_starts_anew_after_a_rise() -> None:
    (monitor,) = monitors(outcome_weeks([*FLAT, *[0.16] * 8, *[0.10] * 8]))
    assert monitor.evidence_ratio is not None
    assert monitor.evidence_ratio < 10


def test_a_year_more_of_history_moves_no_threshold() -> None:
    short, long = (monitors(outcome_weeks([0.10] * weeks))[0] for weeks in (40, 140))
    assert short.alert_from == long.alert_from


def test_the_month_lists_what_rose_in_it_over_all_workflows_at_once() -> None:
    calm = [row for number in range(30) for row in outcome_weeks(FLAT, workflow=f"w{number}")]
    risen = outcome_weeks([*[0.10] * 16, *[0.17] * 4], workflow="risen")
    slightly = outcome_weeks([*[0.10] * 16, *[0.12] * 4], workflow="slightly")
    found = {monitor.workflow: monitor for monitor in monitors(calm + risen + slightly)}
    assert [name for name, monitor in found.items() if monitor.is_listed] == ["risen"]
    assert (found["slightly"].month_evidence or 0) > 1 > (found["w1"].month_evidence or 0)
    (condition,) = judged(calm + risen + slightly)
    assert condition.facts["is_listed"] is True
    assert "On the list of rates that rose in the last 4 weeks" in condition.detail


def test_a_month_inside_the_baseline_is_on_no_list() -> None:
    (monitor,) = monitors(outcome_weeks([0.1] * 13))
    assert monitor.is_listed is monitor.month_evidence is None


def test_a_metric_that_matures_later_is_judged_by_its_own_newest_weeks() -> None:
    """The weeks that other metrics are ahead are not weeks without runs."""
    early, late = outcome_weeks(FLAT), outcome_weeks(FLAT, metric="downstream_error_rate")
    (behind, _) = monitors(early + late[:15])
    twice = late[:15] + outcome_weeks(FLAT, metric="downstream_error_rate", workflow="letters")[:15]
    alone = next(row for row in monitors(twice, late[14].ends_at) if row.workflow == "payment")
    assert (behind.weekly_n, behind.week_count, behind.month_n) == (500, 15, 2000)
    assert behind.detectable_change == pytest.approx(alone.detectable_change)
    assert behind.month_evidence is behind.is_listed is None


def test_evidence_is_unknown_before_the_first_look() -> None:
    early, late = outcome_weeks(FLAT), outcome_weeks(FLAT, metric="downstream_error_rate")
    (behind, _) = monitors(early + late[:12])
    assert behind.evidence_ratio is None


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


def test_a_thousand_rates_over_two_years_take_a_second() -> None:
    chance = np.random.default_rng(5)
    rows = frame_of(
        [
            row
            for number in range(1000)
            for row in outcome_weeks(list(chance.binomial(200, 0.1, 104) / 200), runs=200, workflow=f"w{number}")
        ]
    )
    began = time.process_time()
    quality_rules.monitors(watch(rows, AS_OF), AS_OF)
    assert time.process_time() - began < 2


def _weeks(count: int, runs: int) -> list[OutcomeWeek]:
    """Twenty flat weeks and then some raised ones, always at the same dates."""
    rows = outcome_weeks([*FLAT, *[0.15] * 15], runs=runs)
    return rows[: 20 + count]
