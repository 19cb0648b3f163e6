"""Comparisons of the lanes: adjusted, guarded, and honest about their limits."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from unit.metrics.facts import AS_OF, START, Row, fallback_rows, insert, outcome_row, refresh, request_row, settings

from readback import store
from readback.metrics.effects import Days, class_effects, effect_rows
from readback.settings import Settings

OCTOBER = (START, AS_OF + timedelta(days=1))


def effect(
    con: store.Connection, metric: str = "rework_rate", dimension: str = "all", member: str = "*"
) -> dict[str, Any]:
    found = con.sql(
        "select * from metric_effects where metric = $metric and dimension = $dimension and member = $member",
        params={"metric": metric, "dimension": dimension, "member": member},
    )
    (row,) = found.fetchall()
    return dict(zip(found.columns, row, strict=True))


class Fleet:
    """Numbers its rows, and reworks the first `events` of each group."""

    def __init__(self, con: store.Connection) -> None:
        self.con, self.number = con, 0
        self.rows: dict[str, list[Row]] = {"requests": [], "fallback_events": [], "outcomes": []}

    def add(self, runs: int, events: int, at: datetime, *, is_fallback: bool, **given: Any) -> None:
        for place in range(runs):
            self.number += 1
            if is_fallback:
                request, event = fallback_rows(self.number, at, **given)
                self.rows["fallback_events"].append(event)
            else:
                request = request_row(self.number, at, **given)
            self.rows["requests"].append(request)
            if place < events:
                self.tell("rework", at + timedelta(days=1))

    def tell(self, kind: str, at: datetime, **given: Any) -> None:
        """An outcome of the run added last."""
        self.rows["outcomes"].append(outcome_row(self.number, kind, at, run_id=f"r{self.number}", **given))

    def refresh(self, chosen: Settings | None = None) -> None:
        self.number = 99999
        self.tell("feedback", AS_OF)
        for table, rows in self.rows.items():
            if rows:
                insert(self.con, table, *rows)
        refresh(self.con, chosen or settings(), OCTOBER)


def hour(number: int) -> datetime:
    """Working hours of one week, one after another."""
    return datetime.fromisoformat("2026-10-05T09:00:00+00:00") + timedelta(days=number // 8, hours=number % 8)


def risky_falls_back_more(con: store.Connection) -> Fleet:
    """No effect at all: the risky workflow is reworked five times as often, and falls back four times as often."""
    fleet = Fleet(con)
    for number in range(40):
        fleet.add(8, 4, hour(number), is_fallback=True, workflow="risky")
        fleet.add(8, 4, hour(number), is_fallback=False, workflow="risky")
        fleet.add(2, 1 if number % 5 == 0 else 0, hour(number), is_fallback=True, workflow="easy")
        fleet.add(10, 1, hour(number), is_fallback=False, workflow="easy")
    return fleet


def test_adjusted_difference_removes_what_the_mix_of_workflows_feigns(con: store.Connection) -> None:
    risky_falls_back_more(con).refresh()
    found = effect(con)
    assert found["crude_estimate"] > 0.1
    assert abs(found["estimate"]) < 1e-9
    assert found["low"] < 0 < found["high"]
    assert (found["status"], found["strata"], found["overlap"]) == ("ok", 2, 1.0)
    assert (found["n_fallback"], found["n_preferred"]) == (400, 720)
    assert effect(con, dimension="model", member="s")["n_fallback"] == 400
    assert effect(con, dimension="workflow", member="risky")["n_fallback"] == 320


def test_real_difference_is_found_with_its_e_value(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(40):
        fleet.add(5, 2, hour(number), is_fallback=True)
        fleet.add(10, 1, hour(number), is_fallback=False)
    fleet.refresh()
    found = effect(con)
    assert abs(found["estimate"] - 0.3) < 1e-9
    assert found["low"] > 0.2
    assert found["e_value"] > 5


def test_one_long_episode_is_too_few_however_many_its_runs(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(40):
        fleet.add(5, 2, hour(number), is_fallback=True, episode_id="e1")
        fleet.add(10, 1, hour(number), is_fallback=False)
    fleet.refresh()
    found = effect(con)
    assert (found["status"], found["estimate"], found["episodes"]) == ("too_few", None, 1)
    assert found["events_fallback"] == 80


def test_unreviewed_preferred_lane_is_no_baseline_for_overrides(con: store.Connection) -> None:
    """Fallbacks are reviewed because the policy demands it, preferred answers by sample: not comparable."""
    fleet = Fleet(con)
    for number in range(40):
        for is_fallback, mode in ((True, "mandatory"), (False, "sampled")):
            fleet.add(1, 0, hour(number), is_fallback=is_fallback)
            decision = "rejected" if number % 3 == 0 else "approved"
            fleet.tell("review_decision", hour(number) + timedelta(hours=1), review_mode=mode, decision=decision)
    fleet.refresh()
    found = effect(con, "override_rate")
    reason = "no comparable baseline: fallback and preferred runs were reviewed for different reasons"
    assert (found["status"], found["estimate"], found["warning"]) == ("no_data", None, reason)
    assert (found["n_fallback"], found["n_preferred"]) == (40, 40)


def test_hard_prompts_and_unmatched_runs_are_warned_of(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(40):
        fleet.add(5, 2, hour(number), is_fallback=True, first_cause="low_confidence", cause="low_confidence")
        fleet.add(10, 1, hour(number), is_fallback=False)
        fleet.add(2, 1, hour(number), is_fallback=True, workflow="alone", first_cause="provider_outage")
    fleet.refresh()
    warning = effect(con)["warning"]
    assert "29% of the fallback runs have no comparable preferred run" in warning
    assert "descriptive only: 71% of the fallbacks" in warning
    assert effect(con, dimension="workflow", member="alone")["status"] == "no_data"


def test_unequal_watching_of_the_lanes_is_warned_of(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(10):
        fleet.add(5, 1, hour(number), is_fallback=True)
        fleet.add(5, 1, hour(number), is_fallback=False)
        fleet.add(5, 1, hour(number), is_fallback=False, workflow="unwatched")
    fleet.refresh(settings(coverage=[{"source": "desk", "kinds": ["rework"], "from": START, "workflows": ["w"]}]))
    assert "observable for 100% of fallback and 50% of preferred runs" in effect(con)["warning"]


def test_nothing_to_compare_is_no_data(con: store.Connection) -> None:
    Fleet(con).refresh()
    found = effect(con)
    assert (found["status"], found["estimate"], found["n_fallback"]) == ("no_data", None, 0)


def test_cost_and_latency_are_compared_within_workflow_and_hours(con: store.Connection) -> None:
    """A dear workflow falls back more: in the sum fallback costs a dollar more, like for like half of one."""
    fleet = Fleet(con)
    for number in range(40):
        for workflow, usual, fallbacks, others in (("dear", 3.0, 3, 1), ("cheap", 1.0, 1, 3)):
            cost, duration = usual + 0.01 * (number % 5), 5000.0 + number % 5
            usually = {"workflow": workflow, "cost_usd": cost, "duration_ms": duration}
            fleet.add(others, 0, hour(number), is_fallback=False, **usually)
            dearer = {"cost_usd": cost + 0.5, "duration_ms": duration + 2000, "episode_id": f"e{number}{workflow}"}
            fleet.add(fallbacks, 0, hour(number), is_fallback=True, **(usually | dearer))
    fleet.refresh()
    found = effect(con, "cost_usd")
    assert (found["status"], found["unit"], found["n_fallback"], found["episodes"]) == ("ok", "usd", 160, 80)
    assert found["estimate"] == pytest.approx(0.5)
    assert found["low"] <= 0.5 <= found["high"]
    assert found["crude_estimate"] == pytest.approx(1.5)
    assert (found["excess"], found["events_fallback"]) == (pytest.approx(80.0), None)
    assert found["ratio_low"] < found["ratio"] < found["ratio_high"]
    latency = effect(con, "latency_ms", "workflow", "cheap")
    assert (latency["estimate"], latency["ratio"]) == (pytest.approx(2000.0), pytest.approx(1.4, abs=1e-3))


@pytest.mark.parametrize(
    ("cut_lane", "open_end", "word"), [("preferred", "low", "at most"), ("fallback", "high", "at least")]
)
def test_requests_that_were_cut_off_leave_the_difference_of_latency_open(
    con: store.Connection, cut_lane: str, open_end: str, word: str
) -> None:
    fleet = Fleet(con)
    for number in range(40):
        for is_fallback, duration in ((False, 5000.0), (True, 7000.0)):
            lane: Row = {"is_fallback": is_fallback, "duration_ms": duration + number % 5, "cost_usd": 1.0 + number % 3}
            fleet.add(2, 0, hour(number), **lane | ({"episode_id": f"e{number}"} if is_fallback else {}))
    cut: Row = {
        "is_fallback": cut_lane == "fallback",
        "served_by": "nobody",
        "served_model": None,
        "duration_ms": 30_000.0,
    }
    fleet.add(1, 0, hour(0), first_cause="latency_breach", **cut)
    fleet.refresh()
    found = effect(con, "latency_ms")
    assert found["status"] == "ok"
    assert found[open_end] is None
    assert found[{"low": "high", "high": "low"}[open_end]] is not None
    assert (found["cut_fallback"], found["cut_preferred"]) == (
        int(cut_lane == "fallback"),
        int(cut_lane == "preferred"),
    )
    assert word in found["warning"]
    cost = effect(con, "cost_usd")
    assert (cost["n_fallback"], cost["n_preferred"], cost["cut_fallback"]) == (80, 80, None)


def test_effects_that_differ_by_workflow_are_told(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(40):
        for workflow, harmed in (("worse", 4), ("same", 1)):
            fleet.add(5, int(number % 2 == 0), hour(number), is_fallback=False, workflow=workflow)
            fallback = {"workflow": workflow, "episode_id": f"e{number}{workflow}"}
            fleet.add(5, harmed if number % 2 == 0 else 0, hour(number), is_fallback=True, **fallback)
    fleet.refresh()
    found = effect(con, "rework_rate")
    assert found["heterogeneity_p"] < 0.01
    assert effect(con, "rework_rate", "workflow", "worse")["heterogeneity_p"] is None
    assert found["excess"] == pytest.approx(found["estimate"] * 400)
    assert found["detectable"] > 0
    assert (found["bound_low"], found["bound_high"]) == (pytest.approx(found["crude_estimate"]),) * 2


def test_a_substitute_is_compared_within_each_class_that_it_served(con: store.Connection) -> None:
    """It is worse in one class and like the preferred model in the other; over both it is worse by half."""
    fleet = Fleet(con)
    for number in range(40):
        for workflow, events in (("bad", 4), ("good", 1)):
            given = {"workflow": workflow, "workflow_class": f"class-{workflow}"}
            fleet.add(10, events, hour(number), is_fallback=True, **given)
            fleet.add(10, 1, hour(number), is_fallback=False, **given)
    fleet.refresh()
    found = {
        each: row.estimate for each, _, row in class_effects(con, settings(), AS_OF) if row.metric == "rework_rate"
    }
    assert found == {"class-bad": pytest.approx(0.3), "class-good": pytest.approx(0.0)}


def test_only_the_runs_of_the_days_that_are_asked_for_are_compared(con: store.Connection) -> None:
    fleet = Fleet(con)
    for number in range(40):
        fleet.add(10, 4 if number < 20 else 1, hour(number), is_fallback=True)
        fleet.add(10, 1, hour(number), is_fallback=False)
    fleet.refresh()
    later = [row for row in effect_rows(con, settings(), AS_OF, Days(since=hour(24).date())) if row.dimension == "all"]
    assert [row.n_fallback for row in later if row.metric == "rework_rate"] == [160]
