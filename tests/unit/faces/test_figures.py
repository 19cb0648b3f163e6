"""How figures are worded."""

from typing import Any

import polars as pl
import pytest
from faces_project import AS_OF

from readback.contracts import MetricValue
from readback.faces import figures, formulas
from readback.metrics.definitions import definitions

TOO_EARLY: dict[str, Any] = {
    "denominator": 0, "maturity": 0.0, "coverage": 0.9, "status": "no_data", "value": None, "low": None, "high": None,
}  # fmt: skip
OCTOBER = AS_OF.replace(day=1, hour=0, minute=0)


def figure(**facts: Any) -> MetricValue:
    """A fallback frequency of 100 in 812, with the given facts instead."""
    told: dict[str, Any] = {
        "metric": "fallback_frequency", "unit": "fraction", "grain": "month", "period_start": OCTOBER,
        "dimension": "all", "member": "*",
        "lane": "all", "numerator": 100, "denominator": 812, "value": 0.1232, "low": 0.098, "high": 0.154,
        "effective_n": 650.0,
        "coverage": None, "maturity": None, "status": "ok", "definition_version": 1, "as_of": AS_OF,
    }  # fmt: skip
    return MetricValue(**{**told, **facts})


def duration(**facts: Any) -> MetricValue:
    return figure(**{"unit": "s", "value": 1380.0, "low": 960.0, "high": 2460.0, "denominator": 37, **facts})


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "12.3% (9.8–15.4, n=812)"),
        ({"value": 0.0042, "low": 0.0021, "high": 0.0081}, "0.42% (0.21–0.81, n=812)"),
        ({"value": 0.0, "low": 0.0, "high": 0.0047}, "0.0% (0.0–0.5, n=812)"),
        ({"low": None, "high": None}, "12.3% (n=812)"),
        ({"is_maturing": True}, "12.3% (9.8–15.4, n=812, maturing)"),
        ({"is_maturing": False}, "12.3% (9.8–15.4, n=812)"),
        ({"status": "too_few", "denominator": 7}, "too few to say (n=7)"),
        ({"status": "low_coverage", "coverage": 0.41}, "low coverage (41%)"),
        ({"status": "no_data", "value": None, "low": None, "high": None}, "no data"),
        ({"status": "not_reported", "value": None, "low": None, "high": None}, "not reported by any source"),
        ({"value": None, "low": None, "high": None}, "no data"),
        (TOO_EARLY, "too early: 0 runs past their window"),
        (TOO_EARLY | {"status": "too_few"}, "too early: 0 runs past their window"),
        (TOO_EARLY | {"status": "low_coverage", "coverage": 0.1}, "low coverage (10%)"),
        (TOO_EARLY | {"maturity": None}, "no data"),
    ],
)
def test_fraction_is_worded_with_interval_and_n_or_with_its_reason(facts: dict[str, Any], words: str) -> None:
    assert figures.with_interval(figure(**facts)) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"at_least": 30_000.0, "low": 4_200.0, "high": None}, "> 30 s (at least 4,200 ms, n=37)"),
        ({"at_least": 950.0, "low": 900.0, "high": 1_200.0}, "> 950 ms (900–1,200 ms, n=37)"),
        ({"at_least": 30_000.0, "low": None, "high": None}, "> 30 s (n=37)"),
    ],
)
def test_what_calls_that_were_cut_off_hide_is_worded_as_more_than_their_limit(
    facts: dict[str, Any], words: str
) -> None:
    assert figures.with_interval(duration(**{"unit": "ms", "value": None} | facts)) == words


def test_a_hidden_latency_above_its_target_has_missed_it() -> None:
    hidden = duration(unit="ms", value=None, low=9_000.0, high=None, at_least=30_000.0)
    assert figures.against_target(hidden, 5_000.0, "lower") == "worse"
    assert figures.against_target(hidden, 20_000.0, "lower") == "unclear"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "23 min (16–41, n=37)"),
        ({"high": None}, "23 min (16 – not reached, n=37)"),
        ({"low": 4200.0, "value": 7200.0, "high": None}, "2 h (1 h 10 min – not reached, n=37)"),
        ({"high": 7200.0}, "23 min (16 min – 2 h, n=37)"),
        ({"value": None, "low": 4200.0, "high": None}, "not reached (at least 1 h 10 min, n=37)"),
    ],
)
def test_duration_is_worded_in_the_units_that_matter(facts: dict[str, Any], words: str) -> None:
    assert figures.with_interval(duration(**facts)) == words


def test_withheld_figure_shows_a_dash_and_never_its_value() -> None:
    withheld = figure(status="too_few", denominator=7)
    assert figures.headline(withheld) == figures.DASH
    assert "12.3" not in figures.evidence(withheld)


def test_change_is_unclear_while_its_interval_holds_zero() -> None:
    found = figures.change(figure(value=0.13), figure(), "lower")
    assert found is not None
    assert (found.text, found.tone) == ("+0.7 pp", "unclear")
    assert found.low is not None
    assert found.low < 0


def test_change_may_be_clear_although_the_two_intervals_touch() -> None:
    found = figures.change(figure(value=0.16, low=0.14, high=0.18), figure(value=0.12, low=0.10, high=0.141), "lower")
    assert found is not None
    assert (found.tone, found.interval) == ("worse", "+1.1 to +6.8")


@pytest.mark.parametrize(("better", "tone"), [("lower", "worse"), ("higher", "better"), (None, "unclear")])
def test_change_takes_a_side_when_its_interval_leaves_out_zero(better: figures.Better | None, tone: str) -> None:
    found = figures.change(figure(value=0.22, low=0.19, high=0.25), figure(), better)
    assert found is not None
    assert found.tone == tone


@pytest.mark.parametrize("before", [0.075, 0.085, 0.095, 0.20])
def test_chance_of_a_change_is_below_five_percent_exactly_where_its_interval_leaves_out_zero(before: float) -> None:
    found = figures.change(figure(), figure(value=before, low=before - 0.02, high=before + 0.02), "lower")
    assert found is not None
    assert (found.p_value < 0.05) == (found.tone != "unclear")


def test_chance_of_a_change_with_an_open_end_is_not_told() -> None:
    assert figures.Change(0.1, "+10 pp", "unclear", low=None, high=0.2).p_value == 1.0


def test_no_change_is_told_against_a_withheld_figure() -> None:
    assert figures.change(figure(), figure(status="too_few"), "lower") is None
    assert figures.change(figure(), None, "lower") is None


def test_change_that_rounds_to_nothing_has_no_direction() -> None:
    found = figures.change(figure(value=0.123201), figure(), "lower")
    assert found is not None
    assert found.text == "±0.0 pp"


def test_effect_names_points_and_interval() -> None:
    assert figures.effect("ok", 0.021, -0.004, 0.046) == "+2.1 pp (−0.4 to 4.6)"
    assert figures.effect("too_few", None, n=11) == "too few to say (n=11)"


RUNNING: dict[str, Any] = {"anytime_low": 0.081, "anytime_high": 0.178}


def test_a_running_period_is_shown_with_the_interval_for_every_look() -> None:
    assert figures.evidence(figure(**RUNNING)) == "8.1–17.8%, at every look · n = 812"
    assert figures.evidence(figure()) == "9.8–15.4% · n = 812"


def test_an_absent_headline_says_why_with_counts() -> None:
    why = "3 rework outcomes occurred, and none could be tied to a run; 12 runs could have one."
    absent = figure(status="no_data", value=None, low=None, high=None, absence="link_failed", explanation=why)
    assert figures.evidence(absent) == why


def test_a_report_keeps_the_interval_of_one_look() -> None:
    assert figures.with_interval(figure(**RUNNING)) == "12.3% (9.8–15.4, n=812)"


def test_a_change_is_called_better_only_where_every_look_would_say_so() -> None:
    before = figure(value=0.175, low=0.15, high=0.203)
    now = figure(**RUNNING)
    seen_once, reloaded = figures.change(now, before, "lower"), figures.change(figures.live(now), before, "lower")
    assert seen_once is not None
    assert reloaded is not None
    assert (seen_once.tone, reloaded.tone) == ("better", "unclear")


def test_rows_of_running_periods_take_their_limits_and_others_keep_theirs() -> None:
    rows = pl.DataFrame([figure(**RUNNING).model_dump(), figure().model_dump()], infer_schema_length=None)
    assert figures.live_frame(rows).select("low", "high").rows() == [(0.081, 0.178), (0.098, 0.154)]


def test_definition_says_the_least_n_of_the_project_where_it_names_none() -> None:
    known = definitions()
    assert formulas.facts(known["rework_rate"], 35)["Withheld below"] == "35 units"
    own = known["recovery_time_median_s"].minimum_n
    assert formulas.facts(known["recovery_time_median_s"], 35)["Withheld below"] == f"{own} units" != "35 units"


def test_the_definition_says_which_interval_is_which() -> None:
    told = formulas.facts(definitions()["rework_rate"], 20)["Interval"]
    assert "Wilson" in told
    assert "anytime_low" in told
    assert formulas.facts(definitions()["silent_downgrades"], 20)["Interval"] == "exact Poisson interval"
    assert formulas.facts(definitions()["recovery_time_median_s"], 20)["Interval"].startswith("log(−log) band")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"is_maturing": True}, "9.8–15.4%, maturing"),
        ({"is_maturing": False}, "9.8–15.4%"),
        ({"is_maturing": True, "low": None, "high": None}, "maturing"),
        ({"is_maturing": True, "status": "too_few", "denominator": 7}, "too few to say (n=7), maturing"),
        ({"is_maturing": True, "status": "not_reported"}, "not reported by any source"),
        ({"is_maturing": True, "status": "no_data", "denominator": None}, "no data"),
    ],
)
def test_a_figure_that_an_outcome_may_still_change_is_told_as_maturing(facts: dict[str, Any], words: str) -> None:
    shown = figure(**facts)
    assert (figures.marked_reason(shown) or figures.marked_interval(shown)) == words
    assert ("maturing" in figures.evidence(shown)) is (words.endswith("maturing") and "status" not in facts)
