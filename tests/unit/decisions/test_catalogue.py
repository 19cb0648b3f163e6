"""Each entry of the catalogue speaks where it should, and is silent just below."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from unit.decisions.samples import AS_OF, effect

from readback.contracts.vocabulary import Confidence, EvidenceClass
from readback.decisions.advice import confidence
from readback.decisions.backtest import Backtest, score
from readback.decisions.cooldown_rules import CooledCall, kept, tune_cooldown
from readback.decisions.effects import Effects
from readback.decisions.latency_rules import AnswerDay, tune_latency
from readback.decisions.naming_rules import UnnamedWork, name_and_mark
from readback.decisions.ordering import ORDER, in_order
from readback.decisions.ranking_rules import SubstituteRuns, rank
from readback.decisions.retry_rules import RetryUse, tune_retries
from readback.decisions.risk_rules import ClassRisk, diversify, guard_risk, tune_ceiling
from readback.decisions.split_rules import DraftedWork, split_drafts
from readback.decisions.trigger_rules import UncoveredCause, add_substitute, define_trigger

GAP = UncoveredCause(
    policy_id="claims",
    workflow_class="letter",
    cause="context_window",
    request_count=20,
    failed_count=0,
    held_count=0,
    refused_count=20,
    day_count=5,
    episode_count=2,
    workflows=["letters"],
    class_request_count=1000,
    n2=1000.0,
    n3=1000.0,
    x2=20.0,
    xn=20.0,
    policy_version=1,
    risk="moderate",
    stage="drafting",
    boundary="degrade",
    triggers=["provider_outage"],
    class_path="workflow_classes[0]",
    failure_domain="a-1",
    spare_target="large-2",
    substitute_count=0,
)
CLASS = ClassRisk(
    policy_id="claims",
    policy_version=1,
    workflow_class="pay",
    stage="execution",
    risk="critical",
    boundary="degrade",
    class_path="workflow_classes[0]",
    ceiling_usd=10.0,
    ceiling_period_s=86400.0,
    ceiling_path="workflow_classes[0].triggers[0].when.amount",
    failure_domain="a-1",
    request_count=1000,
    substituted_count=50,
    ceiling_count=100,
    failed_count=10,
    failed_day_count=3,
    ceiling_day_count=8,
    preferred_cost_usd=0.02,
    ceiling_cost_usd=0.01,
    workflow="payment",
    workflow_count=1,
    episode_count=6,
    n2=1000.0,
    n3=1000.0,
    x2=50.0,
    xn=50.0,
    model_count=2,
    automatic_count=2,
    domain_count=1,
    a_domain="a-1",
    unknown_domain_count=0,
    first_path=None,
    first_target=None,
)
RETRY = RetryUse("claims", 1, "letter", 2, "workflow_classes[0]", 1000, 100, 0, 9, 0, 0, 0)
NO_EFFECTS = Effects([])


def test_a_cause_without_trigger_is_defined_and_a_declared_one_is_not() -> None:
    (found,) = define_trigger([GAP], AS_OF)
    assert (found.evidence_class, found.confidence) == (EvidenceClass.REPLAY, Confidence.HIGH)
    assert found.policy_path == "workflow_classes[0].triggers"
    assert list(define_trigger([replace(GAP, triggers=["context_overflow"])], AS_OF)) == []
    assert list(define_trigger([replace(GAP, request_count=4)], AS_OF)) == []
    assert list(define_trigger([replace(GAP, cause="auth")], AS_OF)) == []


def test_a_substitute_is_wanted_where_requests_failed_for_a_declared_cause() -> None:
    wanted = replace(GAP, triggers=["context_overflow"], failed_count=12)
    (found,) = add_substitute([wanted], AS_OF)
    assert (found.evidence_class, found.high) == (EvidenceClass.BOUNDED, 0.0)
    assert "large-2" in found.change
    assert list(add_substitute([replace(wanted, substitute_count=1)], AS_OF)) == []
    assert list(add_substitute([replace(wanted, boundary="pause")], AS_OF)) == []


def test_unnamed_work_and_unmarked_answers_are_told() -> None:
    work = UnnamedWork("unmapped", "claims", 1, None, "stray", 9, 9, 3, 1, None, None)
    marks = UnnamedWork("unmarked", "claims", 1, "letter", None, 9, 20, 3, 20, "workflow_classes[0]", "low")
    assert [each.kind for each in name_and_mark([work, marks], AS_OF)] == ["name_workflow", "mark_output"]
    assert list(name_and_mark([replace(work, day_count=1), replace(marks, request_count=4)], AS_OF)) == []


def latency(limit: float, answers: list[float], cut: int) -> list[AnswerDay]:
    path = "workflow_classes[0].triggers[2].when.gt"
    day = AnswerDay("claims", 1, "letter", "low", limit, path, date(2026, 10, 1), answers, [limit] * cut)
    return [replace(day, day=day.day + timedelta(days=n)) for n in range(28)]


def test_a_limit_far_above_the_answers_is_lowered_and_the_saving_is_exact() -> None:
    (found,) = tune_latency(latency(60.0, [2.5] * 50, 2), AS_OF)
    assert found.kind == "lower_latency_trigger"
    assert found.estimate == -28 * 2 * (60.0 - 3.0)
    assert '"value": "3s"' in found.evidence


def test_a_limit_that_answers_crowd_against_is_tried_higher_and_never_promised() -> None:
    (found,) = tune_latency(latency(10.0, [*np.linspace(1, 10, 50)], 3), AS_OF)
    assert (found.kind, found.evidence_class, found.confidence) == (
        "raise_latency_trigger", EvidenceClass.TRIAL, Confidence.LOW,
    )  # fmt: skip


def test_few_cut_calls_say_nothing() -> None:
    assert list(tune_latency(latency(60.0, [2.5] * 50, 0), AS_OF)) == []


def outage(cooldown_s: float, spacing_s: float, count: int) -> list[CooledCall]:
    """Four outages of failing calls, each followed by an answer."""
    at = datetime(2026, 10, 1, tzinfo=AS_OF.tzinfo)
    call = CooledCall(
        "claims", 1, "letter", cooldown_s, None, None, "workflow_classes[0]", "large-1", "", at, 500.0, None, True, None
    )
    return [
        replace(
            call, request_id=f"{n}-{k}", started_at=at + timedelta(days=n, seconds=k * spacing_s), episode_id=f"e{n}",
            cause=None if k == count else "provider_outage",
        )
        for n in range(4)
        for k in range(count + 1)
    ]  # fmt: skip


def test_a_short_cooldown_is_lengthened_by_what_it_would_have_avoided() -> None:
    (found,) = tune_cooldown(outage(5.0, 20.0, 40), AS_OF)
    assert (found.kind, found.n_episodes) == ("lengthen_cooldown", 4)
    assert found.confidence is Confidence.HIGH
    assert list(tune_cooldown(outage(5.0, 20.0, 4), AS_OF)) == []


def test_a_failure_of_no_episode_is_an_incident_of_its_own() -> None:
    """Sixty lone failures beside four episodes are not sixty more failures of those."""
    (first, *_) = found = outage(5.0, 20.0, 8)
    alone = [
        replace(first, request_id=f"l{n}", started_at=first.started_at + timedelta(days=9 + n // 2, seconds=20 * n),
                episode_id=None, cause="provider_outage")
        for n in range(60)
    ]  # fmt: skip
    assert list(tune_cooldown(found + alone, AS_OF)) == []


def test_a_cooldown_keeps_off_what_comes_before_its_end() -> None:
    calls = outage(5.0, 20.0, 3)[:4]
    assert kept(calls, 30.0).failed == {"0-1"}
    assert kept(calls, 30.0).answered == {"0-3"}


def test_vain_retries_stop_and_passing_failures_are_retried() -> None:
    assert [each.kind for each in tune_retries([RETRY], AS_OF)] == ["stop_retrying"]
    assert list(tune_retries([replace(RETRY, rescued_count=40)], AS_OF)) == []
    passing = replace(RETRY, retried_count=0, left_count=90, followed_count=80, passed_count=79)
    (found,) = tune_retries([passing], AS_OF)
    assert (found.kind, found.evidence_class) == ("retry_first", EvidenceClass.ADJUSTED)
    assert found.guards_failed == ["retries were made"]


def test_a_grave_class_that_may_degrade_is_to_hold() -> None:
    (found,) = guard_risk([CLASS], AS_OF)
    assert '"value": "pause"' in found.evidence
    assert list(guard_risk([replace(CLASS, boundary="pause"), replace(CLASS, substituted_count=0)], AS_OF)) == []


DRAFTS = DraftedWork("claims", 1, "pay", "execution", "critical", "degrade", "workflow_classes[0]", "letters", 200, 200,
                     400, 20, 400.0, 400.0, 20.0, 20.0, 3)  # fmt: skip
ALONE = replace(DRAFTS, workflow="transfers", reviewed_count=0)


def test_drafts_of_a_class_that_acts_get_a_class_of_their_own() -> None:
    (found,) = split_drafts([DRAFTS, ALONE], AS_OF)
    assert (found.kind, found.workflow, found.policy_path) == ("split_drafting", "letters", "workflow_classes[0]")
    assert "and let the rest hold" in found.change


@pytest.mark.parametrize(
    "works",
    [
        [DRAFTS],
        [DRAFTS, replace(DRAFTS, workflow="transfers")],
        [replace(DRAFTS, off_count=4), ALONE],
        [replace(DRAFTS, reviewed_count=180), ALONE],
        [replace(each, stage="decision", risk="moderate") for each in (DRAFTS, ALONE)],
    ],
    ids=["alone in its class", "all reviewed", "never off its model", "a tenth goes out alone", "not grave"],
)
def test_what_is_no_draft_or_has_no_company_is_not_split(works: list[DraftedWork]) -> None:
    assert list(split_drafts(works, AS_OF)) == []


def test_one_failure_domain_for_all_is_told_only_where_requests_failed() -> None:
    assert [each.kind for each in diversify([CLASS], AS_OF)] == ["diversify_failure_domain"]
    assert list(diversify([replace(CLASS, domain_count=2), replace(CLASS, failed_count=1)], AS_OF)) == []


def test_a_ceiling_is_raised_for_rework_and_its_price_is_told() -> None:
    harm = effect(member="payment", estimate=0.1, low=0.05, high=0.15)
    (found,) = tune_ceiling([CLASS], Effects([harm]), AS_OF)
    assert found.kind == "raise_cost_ceiling"
    assert found.expected_effect.startswith("0.10 USD for each rework avoided (95% CI 0.07 to 0.20)")
    assert list(tune_ceiling([CLASS], NO_EFFECTS, AS_OF)) == []


def runs(target: str, position: int, stratum: str, n: int, x: int) -> list[SubstituteRuns]:
    path = f"workflow_classes[0].substitutes[{position - 1}]"
    row = SubstituteRuns(
        "rework", "claims", 1, "letter", target, position, path, ["provider_outage"], stratum, "", True, 0, 0
    )
    return [replace(row, cluster=f"{target}{stratum}{k}", n=float(n), x=float(x + (k % 2) * 2 - 1)) for k in range(20)]


def test_the_better_substitute_comes_first_though_it_got_the_harder_work() -> None:
    """Crude 28% against 24%, and yet better in either stratum."""
    first = runs("large-3", 1, "easy", 90, 18) + runs("large-3", 1, "hard", 20, 8)
    later = runs("large-2", 2, "easy", 20, 2) + runs("large-2", 2, "hard", 90, 27)
    (found,) = rank(first + later, AS_OF)
    assert (found.kind, found.title) == ("reorder_substitutes", "Put large-2 before large-3 for letter")
    assert found.high is not None
    assert found.high < 0


def test_a_tie_stays_a_tie_and_disjoint_work_is_not_ranked() -> None:
    assert list(rank(runs("a", 1, "easy", 50, 5) + runs("b", 2, "easy", 50, 5), AS_OF)) == []
    assert list(rank(runs("a", 1, "easy", 50, 25) + runs("b", 2, "hard", 50, 5), AS_OF)) == []


def test_a_rate_of_none_is_not_more_sure_than_another() -> None:
    """None of 28 against 8 of 84, the only failures that there were: no trial hangs on it."""
    (row, *_) = runs("a", 1, "easy", 4, 1)
    first = [replace(row, cluster=f"a{n}", n=6.0, x=float(n < 8)) for n in range(14)]
    later = [replace(row, target="b", position=2, cluster=f"b{n}", n=4.0, x=0.0) for n in range(7)]
    assert list(rank(first + later, AS_OF)) == []


def test_confidence_follows_class_interval_and_guards() -> None:
    apart: Any = (-0.1, -0.2, -0.05)
    assert confidence(EvidenceClass.REPLAY, apart, is_guarded=True) is Confidence.HIGH
    assert confidence(EvidenceClass.ADJUSTED, apart, is_guarded=True) is Confidence.MEDIUM
    assert confidence(EvidenceClass.REPLAY, (-0.1, -0.2, 0.0), is_guarded=True) is Confidence.LOW
    assert confidence(EvidenceClass.REPLAY, apart, is_guarded=False) is Confidence.LOW
    assert confidence(EvidenceClass.TRIAL, apart, is_guarded=True) is Confidence.LOW


def test_harm_comes_before_housekeeping_and_every_kind_has_its_place() -> None:
    (gap,), (guard,) = define_trigger([GAP], AS_OF), guard_risk([CLASS], AS_OF)
    assert [(each.kind, each.priority) for each in in_order([gap, guard])] == [("guard_risk", 1), ("define_trigger", 2)]
    assert len(set(ORDER)) == len(ORDER)


def test_a_share_whose_requests_fall_together_is_less_sure() -> None:
    """Forty requests of twenty days with ten each; or all forty on four of these days."""
    alone = replace(GAP, request_count=40, class_request_count=200, n2=2000.0, n3=20_000.0, x2=80.0, xn=400.0)
    (spread,), (together,) = (list(define_trigger([gap], AS_OF)) for gap in (alone, replace(alone, x2=400.0)))
    assert spread.low is not None
    assert together.low is not None
    assert together.estimate == spread.estimate == -0.2
    assert together.low < spread.low - 0.05


def test_a_backtest_scores_the_same_change_whatever_the_rule_says_of_it_later() -> None:
    (first,) = define_trigger([GAP], AS_OF)
    later = {first.recommendation_id: (-0.024, -0.035, -0.016)}
    assert [each.is_held for each in score([first], later)] == [True]
    assert [each.is_held for each in score([first], {first.recommendation_id: (-0.2, -0.23, -0.17)})] == [False]
    assert [each.is_held for each in score([first], {})] == [None]


def test_the_share_of_held_intervals_is_told_with_its_own() -> None:
    (first,) = define_trigger([GAP], AS_OF)
    scores = tuple(score([first], {first.recommendation_id: (-0.024, -0.035, -0.016)}))
    told = Backtest(AS_OF, AS_OF, AS_OF, scores)
    assert (told.held, told.scored, told.share[0]) == (1, 1, 1.0)
    assert Backtest(AS_OF, AS_OF, AS_OF, tuple(score([first], {}))).share == (None, None, None)
