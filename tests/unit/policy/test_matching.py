"""Matching: all given keys must match, most keys win, and every answer has its time."""

from datetime import UTC, datetime

import pytest

from readback.policy.matching import ClassMatch, WorkflowKey, match_class

from .conftest import GOOD, Build, changed, policies_of

APRIL, JUNE, SEPTEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 6, 9))
LETTER = WorkflowKey(workflow="letter", route="claims-main")
CATCH_ALL = ("match: {tags: {workflow: payment}}", "match: {}")


def class_of(key: WorkflowKey, build: Build, *changes: tuple[str, str]) -> str | None:
    (match,) = match_class(build(*changes), key)
    return match.class_id


def test_a_match_tells_class_version_and_time(build: Build) -> None:
    assert match_class(build(), LETTER) == [ClassMatch("claims", 1, "letter", APRIL, SEPTEMBER)]


@pytest.mark.parametrize(
    "key",
    [
        WorkflowKey(workflow="letter"),
        WorkflowKey(workflow="letter", route="other"),
        WorkflowKey(workflow="Letter", route="claims-main"),
        WorkflowKey(),
    ],
)
def test_one_key_amiss_is_no_match(key: WorkflowKey, build: Build) -> None:
    assert class_of(key, build) is None


def test_most_keys_win(build: Build) -> None:
    assert class_of(LETTER, build, CATCH_ALL) == "letter"
    assert class_of(WorkflowKey(workflow="other"), build, CATCH_ALL) == "payment"


@pytest.mark.parametrize(
    ("match", "key"),
    [
        ("{tags: {team: pay, env: prod}}", WorkflowKey(team="pay", environment="prod")),
        ("{tags: {environment: prod}}", WorkflowKey(environment="prod")),
        ("{key_aliases: [pay-key]}", WorkflowKey(key_alias="pay-key")),
        ("{services: [pay-api, pay-job]}", WorkflowKey(service="pay-job")),
    ],
)
def test_every_kind_of_key_can_match(match: str, key: WorkflowKey, build: Build) -> None:
    changes = ("match: {tags: {workflow: payment}}", f"match: {match}")
    assert class_of(key, build, changes) == "payment"
    assert class_of(WorkflowKey(workflow="payment"), build, changes) is None


def test_a_tag_that_has_no_column_never_matches(build: Build) -> None:
    changes = ("match: {tags: {workflow: payment}}", "match: {tags: {workflow: payment, tier: gold}}")
    assert class_of(WorkflowKey(workflow="payment"), build, changes) is None


def test_versions_answer_each_for_its_time() -> None:
    first = changed(("effective_to: 2026-09-01", "effective_to: 2026-06-01"))
    second = changed(("version: 1", "version: 2"), ("effective_from: 2026-04-01", "effective_from: 2026-06-01"))
    assert match_class(policies_of(second, first), LETTER) == [
        ClassMatch("claims", 1, "letter", APRIL, JUNE),
        ClassMatch("claims", 2, "letter", JUNE, SEPTEMBER),
    ]


def test_an_open_version_answers_for_ever(build: Build) -> None:
    (match,) = match_class(build(("effective_to: 2026-09-01T00:00:00Z", "effective_to: null")), LETTER)
    assert match.effective_to is None


def test_of_two_policies_the_more_specific_holds_while_both_do() -> None:
    broad = changed(
        ("policy_id: claims", "policy_id: all"),
        ("match: {tags: {workflow: letter}, routes: [claims-main]}", "match: {}"),
        ("effective_from: 2026-04-01", "effective_from: 2026-03-01"),
        ("effective_to: 2026-09-01T00:00:00Z", "effective_to: null"),
    )
    found = match_class(policies_of(broad, GOOD), LETTER)
    assert [(each.policy_id, each.effective_from, each.effective_to) for each in found] == [
        ("all", datetime(2026, 3, 1, tzinfo=UTC), APRIL),
        ("claims", APRIL, SEPTEMBER),
        ("all", SEPTEMBER, None),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_only_active_versions_answer(status: str, build: Build) -> None:
    assert match_class(build(("status: active", f"status: {status}")), LETTER) == []
