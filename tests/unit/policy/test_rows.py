"""Rows: what the database learns of a policy."""

import json
from datetime import UTC, datetime

from readback.contracts.vocabulary import Cause
from readback.policy.rows import policy_classes, policy_substitutes, policy_triggers, policy_versions
from readback.policy.triggers import RULES, TriggerType, causes

from .conftest import Build


def test_a_version_is_one_row(build: Build) -> None:
    (row,) = policy_versions(build())
    assert (row.policy_id, row.version, row.owner_team, row.review_cadence_s) == (
        "claims",
        1,
        "claims-platform",
        90 * 86400,
    )
    assert row.digest == build()[0].digest
    assert row.source_ref == "policy.yaml"


def test_a_class_tells_models_by_id_and_what_is_absent_is_null(build: Build) -> None:
    letter, payment = policy_classes(build())
    assert letter.preferred_models == ["prov-a/large-1"]
    assert letter.triggers == ["provider_throttled", "provider_error", "low_confidence", "manual_switch"]
    assert letter.stop_conditions == ["guardrail:pii", "tool:lookup"]
    assert letter.rework_window_s == 14 * 86400
    assert payment.rto_s is None


def test_a_class_may_mark_otherwise_than_the_default(build: Build) -> None:
    letter, payment = policy_classes(build(("boundary: pause", "boundary: pause\n    marking: {required: false}")))
    assert (letter.is_marking_required, payment.is_marking_required) == (True, False)


def test_a_trigger_tells_the_cause_that_shows_it_and_its_condition(build: Build) -> None:
    throttled, outage, _, switch = policy_triggers(build())
    assert (throttled.trigger_id, throttled.cause) == ("throttled", Cause.PROVIDER_THROTTLED)
    assert json.loads(str(throttled.condition)) == {"share_gte": 0.05, "window": 300.0, "min_requests": 20}
    assert outage.path == "workflow_classes[0].triggers[1]"
    assert (switch.cause, switch.condition) == (None, None)


def test_triggers_of_a_substitute_are_causes_and_the_wildcard_is_spelled_out(build: Build) -> None:
    model, desk, queue = policy_substitutes(build())
    assert model.triggers == ["provider_throttled", "provider_outage"]
    assert desk.triggers == ["provider_throttled", "provider_outage", "low_confidence"]
    assert queue.triggers == []


def test_substitutes_keep_their_order_and_their_place(build: Build) -> None:
    rows = policy_substitutes(build())
    assert [(row.class_id, row.position, row.target) for row in rows] == [
        ("letter", 1, "prov-b/large-2"),
        ("letter", 2, "desk"),
        ("payment", 1, "queue"),
    ]
    assert rows[1].path == "workflow_classes[0].substitutes[1]"
    assert rows[0].expires_at == datetime(2026, 10, 1, tzinfo=UTC)


def test_a_disabled_model_is_denied_by_its_alias_too(build: Build) -> None:
    disabled = (
        "provider: prov-b, failure_domain: b-eu, status: approved",
        "provider: prov-b, aliases: [b], status: disabled",
    )
    rows = policy_substitutes(build(disabled, ("target: prov-b/large-2", "target: b")))
    assert (rows[0].target, rows[0].is_target_denied) == ("prov-b/large-2", True)
    assert not rows[1].is_target_denied


def test_what_an_imported_draft_leaves_out_gives_no_row(build: Build) -> None:
    draft = build(("status: active", "status: draft"), ("    risk: moderate\n", ""))
    assert [row.class_id for row in policy_classes(draft)] == ["payment"]
    assert {row.class_id for row in policy_substitutes(draft)} == {"payment"}


def test_every_trigger_type_has_its_rule() -> None:
    assert set(RULES) == set(TriggerType)


def test_every_cause_that_a_substitute_can_answer_has_a_trigger() -> None:
    not_answerable = {Cause.AUTH, Cause.GATEWAY_LIMIT, Cause.UNKNOWN}
    assert set(causes(TriggerType)) == set(Cause) - not_answerable


DRAW = """\
    trials:
      - {id: draw, targets: [prov-b/large-2, prov-c/large-3], share: 0.5, duration: 14d, log_field: routing_propensity,
         approved_by: "role:model-risk", approved_at: 2026-03-30}
"""
THIRD = (
    ("lanes:\n", "  - {id: prov-c/large-3, provider: prov-c, status: approved}\nlanes:\n"),
    (
        '["*"]}\n',
        '["*"]}\n      - {target: prov-c/large-3, target_kind: model, activation: automatic, triggers: [outage]}\n',
    ),
    ("    retries:", DRAW + "    retries:"),
)


def test_an_approved_trial_makes_one_place_of_those_that_it_draws_between_until_it_ends(build: Build) -> None:
    first, desk, third, _ = policy_substitutes(build(*THIRD))
    assert [(each.position, each.drawn_position) for each in (first, desk, third)] == [(1, 1), (2, None), (3, 1)]
    assert third.draw_ends_at == datetime(2026, 4, 15, tzinfo=UTC)


def test_a_trial_that_nobody_approved_has_not_begun(build: Build) -> None:
    rows = policy_substitutes(
        build(*THIRD, ('approved_by: "role:model-risk", approved_at: 2026-03-30}', "approved_by: null}"))
    )
    assert [each.drawn_position for each in rows] == [None] * 4
