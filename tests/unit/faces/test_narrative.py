"""Sentences of a report: none says more than the interval of its figure allows."""

from typing import Any

import pytest
from faces_project import AS_OF

from readback.contracts import MetricValue
from readback.faces import figures, narrative, summary


def figure(metric: str = "fallback_frequency", **facts: Any) -> MetricValue:
    told: dict[str, Any] = {
        "metric": metric, "unit": "fraction", "grain": "month", "period_start": AS_OF, "dimension": "all",
        "member": "*", "lane": "all", "numerator": 100, "denominator": 812, "value": 0.12, "low": 0.10, "high": 0.145,
        "effective_n": 650.0, "coverage": None, "maturity": None, "status": "ok", "definition_version": 1,
        "as_of": AS_OF,
    }  # fmt: skip
    return MetricValue(**{**told, **facts})


def headline(now: MetricValue, before: MetricValue) -> str:
    moved = figures.change(now, before, "lower")
    return narrative.headline({now.metric: now}, moved, "October 2026", "September 2026", False)


def test_interval_that_holds_zero_is_no_change_that_the_data_can_tell() -> None:
    assert headline(figure(value=0.13), figure()) == (
        "In October 2026, 12.0% of requests left their preferred model, "
        "no change on September 2026 that the data can tell."
    ).replace("12.0%", "13.0%")


@pytest.mark.parametrize(("value", "words"), [(0.2, "8.0 points more"), (0.05, "7.0 points fewer")])
def test_change_beyond_chance_is_told_with_its_size(value: float, words: str) -> None:
    now = figure(value=value, low=value - 0.01, high=value + 0.01)
    assert f"{words} than in September 2026." in headline(now, figure())


def test_open_limit_of_the_change_claims_nothing() -> None:
    assert "no change" in headline(figure(value=0.5, low=0.4, high=0.6), figure(high=None))


@pytest.mark.parametrize(("status", "reason"), [("too_few", "too few to say (n=812)"), ("no_data", "no data")])
def test_withheld_figure_says_why(status: str, reason: str) -> None:
    told = narrative.headline({"fallback_frequency": figure(status=status)}, None, "May 2026", "April 2026", False)
    assert told == f"In May 2026, how often work left its preferred model cannot be told: {reason}."


@pytest.mark.parametrize(
    ("target", "better", "tone"),
    [
        (0.145, "lower", "better"), (0.144, "lower", "unclear"), (0.10, "lower", "unclear"), (0.09, "lower", "worse"),
        (0.10, "higher", "better"), (0.12, "higher", "unclear"), (0.15, "higher", "worse"),
    ],
)  # fmt: skip
def test_target_is_judged_by_the_whole_interval(target: float, better: figures.Better, tone: str) -> None:
    assert figures.against_target(figure(), target, better) == tone


def test_count_without_interval_is_held_against_its_target_as_it_is() -> None:
    count = figure(unit="requests", value=0.0, low=None, high=None, denominator=None)
    assert figures.against_target(count, 0.0, "lower") == "better"


def test_withheld_figure_meets_no_target() -> None:
    assert figures.against_target(figure(status="too_few"), 0.5, "lower") is None


def test_harm_is_claimed_only_where_the_whole_interval_is_harm() -> None:
    known: dict[str, Any] = {"metric": "rework_rate", "status": "ok", "adjusted": "+2.1 pp (0.9 to 3.3)", "warning": ""}
    known |= {"effective_episodes": 10.0}
    assert narrative.harm([known | {"low": 0.009}]) == [
        "Rework rate was higher on substitutes than on comparable preferred runs: +2.1 pp (0.9 to 3.3)."
    ]
    assert narrative.harm([known | {"low": -0.001}, known | {"low": 0.01, "status": "too_few"}]) == []
    assert narrative.harm([known | {"low": 0.009, "effective_episodes": 9.9}]) == []


def test_harm_carries_the_warning_of_its_comparison() -> None:
    row = {"metric": "rework_rate", "status": "ok", "adjusted": "+2 pp", "warning": "descriptive only", "low": 0.01}
    row |= {"effective_episodes": 10.0}
    assert narrative.harm([row])[0].endswith("+2 pp; descriptive only.")


def test_nothing_found_is_an_upper_limit_and_never_a_zero_rate() -> None:
    told = narrative.audit("silent downgrades", 0, 20, "fallbacks")
    assert told == "0 of 20 fallbacks were silent downgrades; the true share is at most 16.8% (95% Clopper–Pearson)."


def test_nothing_to_judge_is_no_statement_of_compliance() -> None:
    assert narrative.audit("out of policy", 0, 0, "fallbacks") == (
        "No fallbacks to judge: nothing can be said about out of policy."
    )


def test_violations_name_what_cannot_be_judged() -> None:
    totals = {"in_policy": 90, "out_of_policy": 8, "indeterminate": 2}
    assert narrative.violations(totals, 1, ["claim-payment"]) == [
        "8 of 100 fallbacks (8.0%) were out of policy; 2 more cannot be judged.",
        "1 output of a substitute went out without any sign to the user, in claim-payment.",
    ]
    assert narrative.violations({"in_policy": 3}, 0, []) == []


def test_open_episode_lasts_at_least_as_long_as_it_was_seen() -> None:
    longest = {"is_recovered": False, "duration_s": 7200.0, "workflow": None, "cause": "provider_outage"}
    assert narrative.episodes(3, 1, longest) == (
        "3 episodes off the preferred model, 1 not recovered yet; the longest, at least 2 h, was "
        "work without a workflow (provider outage)."
    )


def test_five_sentences_tell_an_unclear_change_with_its_interval() -> None:
    told = summary.sentences([figure(value=0.13)], [figure()], "September 2026", {})
    assert "; no change on September 2026 that the data can tell: +1.0 pp (" in told[0]
