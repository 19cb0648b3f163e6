"""Edits of the policy's text: what was meant changes, comments stay, and nothing else moves."""

from pathlib import Path
from typing import Any

import pytest
from unit.decisions.test_patch import BLOCK, FILE, HEAD, TAIL

from readback.decisions.edits import Change, changed
from readback.policy.loading import read_policies
from readback.policy.matching import WorkflowKey, class_for

LIMIT = """\
    triggers:
      - {id: outage, type: provider_outage}
      - id: latency
        type: latency_breach
        when: {metric: total_p95, gt: 30s, window: 10m, min_requests: 20}  # agreed in May
    cooldown: {duration: 60s}  # short
"""
TEXT = HEAD + BLOCK + LIMIT


def parsed(text: str) -> Any:
    (policy,) = read_policies(text.encode(), Path(FILE))
    return policy.classes[0]


def test_a_limit_is_set_and_its_comment_stays() -> None:
    after = changed(TEXT, Change(0, "set", "workflow_classes[0].triggers[1].when.gt", "8s"))
    assert parsed(after).triggers[1].when.gt == 8.0
    assert after == TEXT.replace("gt: 30s", "gt: 8s")


def test_a_part_that_is_absent_is_added_at_the_end_of_its_class() -> None:
    after = changed(TEXT, Change(0, "set", "workflow_classes[0].retries.max_attempts", "2"))
    assert parsed(after).retries.max_attempts == 2
    assert after == TEXT + "    retries: {max_attempts: 2}\n"


def test_two_substitutes_change_places_with_their_lines() -> None:
    place = "workflow_classes[0].substitutes"
    after = changed(TEXT, Change(0, "swap", f"{place}[0]", f"{place}[1]"))
    assert [each.target for each in parsed(after).substitutes] == ["small-1", "prov-b/large-2"]
    assert sorted(after.splitlines()) == sorted(TEXT.splitlines())


def test_a_trigger_is_added_at_the_end_of_its_list() -> None:
    after = changed(TEXT, Change(0, "append_trigger", "workflow_classes[0].triggers", "context_overflow"))
    assert [trigger.id for trigger in parsed(after).triggers] == ["outage", "latency", "context_overflow"]
    assert "# agreed in May" in after


@pytest.mark.parametrize(
    "change",
    [
        Change(0, "set", "workflow_classes[0].retries.nonsense", "1"),
        Change(0, "set", "workflow_classes[0].boundary", "whatever"),
        Change(0, "append_trigger", "workflow_classes[0].triggers", "outage"),
        Change(3, "set", "workflow_classes[0].boundary", "pause"),
    ],
    ids=["not a key of the schema", "not a word of the schema", "declared twice", "no such document"],
)
def test_what_cannot_be_written_leaves_the_text_alone(change: Change) -> None:
    assert changed(TEXT, change) == TEXT


def test_a_value_shared_by_an_anchor_is_left_alone() -> None:
    shared = HEAD.replace("boundary: degrade", "boundary: &b degrade") + BLOCK + TAIL
    second = "  - id: other\n    stage: drafting\n    risk: low\n    match: {tags: {workflow: o}}\n"
    second += "    preferred: [large-1]\n    boundary: *b\n    substitutes: []\n"
    assert changed(shared + second, Change(0, "set", "workflow_classes[1].boundary", "pause")) == shared + second


@pytest.mark.parametrize(
    ("match", "narrowed"),
    [
        ("{routes: [pay]}", '{tags: {workflow: "letters"}, routes: [pay]}'),
        ("{routes: [pay], tags: {team: claims}}", '{routes: [pay], tags: {workflow: "letters", team: claims}}'),
        ("\n      tags:\n        team: claims", '\n      tags:\n        workflow: "letters"\n        team: claims'),
    ],
    ids=["no tags", "tags in braces", "tags on lines"],
)
def test_drafts_get_a_class_of_their_own_and_the_wider_one_stays(match: str, narrowed: str) -> None:
    given = HEAD.replace("match: {tags: {workflow: letters}}", f"match: {match}".replace(": \n", ":\n"))
    acting = (given + BLOCK + LIMIT).replace("stage: drafting", "stage: decision")
    after = changed(acting, Change(0, "split", "workflow_classes[0]", "letters"))
    assert after.startswith(acting)
    (policy,) = read_policies(after.encode(), Path(FILE))
    wide, drafts = policy.classes
    assert (drafts.id, drafts.stage, drafts.boundary) == ("letter-drafting", "drafting", "human_review")
    assert (drafts.substitutes, drafts.triggers, wide.stage) == (wide.substitutes, wide.triggers, "decision")
    assert narrowed in after[len(acting) :]
    assert class_for(policy, WorkflowKey(workflow="letters", team="claims", route="pay")) == drafts
    assert class_for(policy, WorkflowKey(workflow="other", team="claims", route="pay")) == wide


def test_a_class_of_one_workflow_is_not_split() -> None:
    assert changed(TEXT, Change(0, "split", "workflow_classes[0]", "letters")) == TEXT
