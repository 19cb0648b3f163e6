"""Edits of the policy's text: what was meant changes, comments stay, and nothing else moves."""

from pathlib import Path
from typing import Any

import pytest
from unit.decisions.test_patch import BLOCK, FILE, HEAD, TAIL

from readback.decisions.edits import ACTIONS, changed
from readback.decisions.layout import NotWritable
from readback.decisions.page import Page
from readback.policy.finding import Level
from readback.policy.loading import read_policies
from readback.policy.matching import WorkflowKey, class_for
from readback.policy.validation import validate

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


def edit(text: str, action: str, **facts: Any) -> str:
    """The text of one document after an edit, as the evidence of a recommendation asks for it."""
    page = Page(text, 0, read_policies(text.encode(), Path(FILE))[0])
    place = {"place": "workflow_classes[0]", "recommendation_id": "r1"}
    return changed(page, ACTIONS[action](page, place | facts))


def test_a_limit_is_set_and_its_comment_stays() -> None:
    after = edit(TEXT, "set", path="workflow_classes[0].triggers[1].when.gt", value="8s")
    assert parsed(after).triggers[1].when.gt == 8.0
    assert after == TEXT.replace("gt: 30s", "gt: 8s")


def test_a_part_that_is_absent_is_added_at_the_end_of_its_class() -> None:
    after = edit(TEXT, "set", path="workflow_classes[0].retries.max_attempts", value="2")
    assert parsed(after).retries.max_attempts == 2
    assert after == TEXT + "    retries: {max_attempts: 2}\n"


def test_two_substitutes_change_places_with_their_lines() -> None:
    after = edit(TEXT, "swap", first_target="prov-b/large-2", later_target="small-1")
    assert [each.target for each in parsed(after).substitutes] == ["small-1", "prov-b/large-2"]
    assert sorted(after.splitlines()) == sorted(TEXT.splitlines())


def test_a_trigger_is_added_at_the_end_of_its_list() -> None:
    after = edit(TEXT, "append_trigger", type="context_overflow")
    assert [trigger.id for trigger in parsed(after).triggers] == ["outage", "latency", "context_overflow"]
    assert "# agreed in May" in after


@pytest.mark.parametrize(
    ("action", "facts", "reason"),
    [
        ("set", {"path": "workflow_classes[0].retries.nonsense", "value": "1"}, "would not be a policy"),
        ("set", {"path": "workflow_classes[0].boundary", "value": "whatever"}, "would not be a policy"),
        ("set", {"path": "workflow_classes[7].boundary", "value": "pause"}, "does not stand in this file"),
        ("append_trigger", {"type": "outage"}, "would not be a policy"),
        ("swap", {"first_target": "small-1", "later_target": "small-9"}, "small-9 is not listed"),
        ("stop", {"target": "tiny-9"}, "out of the gateway's chain"),
    ],
    ids=["not a key", "not a word", "no such class", "declared twice", "not listed", "nothing to take out"],
)
def test_what_cannot_be_written_says_why(action: str, facts: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotWritable, match=reason):
        edit(TEXT, action, **facts)


@pytest.mark.parametrize("anchored", [0, 1], ids=["where it is defined", "where it is used"])
def test_a_value_shared_by_an_anchor_is_left_alone(anchored: int) -> None:
    shared = HEAD.replace("boundary: degrade", "boundary: &b degrade") + BLOCK + TAIL
    second = "  - id: other\n    stage: drafting\n    risk: low\n    match: {tags: {workflow: o}}\n"
    second += "    preferred: [large-1]\n    boundary: *b\n    substitutes: []\n"
    with pytest.raises(NotWritable, match="shared with other places by an anchor"):
        edit(shared + second, "set", path=f"workflow_classes[{anchored}].boundary", value="pause")


def test_the_substitute_is_promoted_and_the_preferred_model_stays_behind_it() -> None:
    after = edit(TEXT, "promote", target="prov-b/large-2")
    each = parsed(after)
    assert (each.preferred, [one.target for one in each.substitutes]) == (("prov-b/large-2", "large-1"), ["small-1"])
    assert "# the cheap one" in after


def test_a_duty_is_noted_at_the_class_and_brings_the_review_forward_once() -> None:
    duty = {"duty": "letters\nlives on its substitute.", "due": "2026-05-01"}
    after = edit(TEXT, "mend", **duty)
    assert "    # letters lives on its substitute. Review by 2026-05-01. [r1]\n    preferred: [large-1]\n" in after
    assert str(read_policies(after.encode(), Path(FILE))[0].metadata.review.next_due) == "2026-05-01"  # type: ignore[union-attr]
    with pytest.raises(NotWritable, match="noted there already"):
        edit(after, "mend", **duty)
    assert "next_due: 2026-06-26" in edit(TEXT, "mend", **duty | {"due": "2026-09-01"})


def test_a_draft_of_another_failure_domain_is_chosen_from_the_catalogue() -> None:
    third = HEAD.replace(
        "workflow_classes:", "  - {id: large-3, provider: c, failure_domain: c-1, status: approved}\nworkflow_classes:"
    )
    after = edit(third + BLOCK + LIMIT, "diversify", spare_target=None)
    assert [each.target for each in parsed(after).substitutes] == ["prov-b/large-2", "small-1", "large-3"]
    assert parsed(after).substitutes[-1].approved_by is None


def test_a_lane_stands_in_where_no_model_of_another_failure_domain_is_declared() -> None:
    lanes = HEAD.replace(
        "workflow_classes:", "lanes:\n  - {id: queue, kind: hold, max_wait: 1h, on_expiry: escalate}\nworkflow_classes:"
    )
    assert parsed(edit(lanes + BLOCK + LIMIT, "diversify")).substitutes[-1].target == "queue"
    with pytest.raises(NotWritable, match="no model that `models` declares"):
        edit(TEXT, "diversify")


@pytest.mark.parametrize(
    ("marking", "channels"),
    [("", ["metadata"]), ("    marking: {required: true, channels: [visible]}\n", ["visible", "metadata"]),
     ("    marking:\n      required: false  # for now\n", ["metadata"])],
    ids=["only the default", "on a channel that no log shows", "not required"],
)  # fmt: skip
def test_a_class_asks_for_the_mark_itself(marking: str, channels: list[str]) -> None:
    found = parsed(edit(TEXT + marking, "mark")).marking
    assert (found.required, list(found.channels)) == (True, channels)


def test_a_mark_that_is_asked_for_already_is_for_the_gateway_to_set() -> None:
    with pytest.raises(NotWritable, match="the gateway or the application has to set it"):
        edit(TEXT + "    marking: {required: true, channels: [header]}\n", "mark")


STRAY = {
    "workflow": "str#ay: x", "preferred_model": "large-1", "routes": ["r1", "r2"], "services": None, "team": "claims",
    "environment": None,
}  # fmt: skip


def test_a_workflow_gets_the_most_careful_class_which_matches_it_and_no_other() -> None:
    after = edit(TEXT, "name", **STRAY)
    (policy,) = read_policies(after.encode(), Path(FILE))
    new = policy.classes[-1]
    assert (new.stage, new.risk, new.boundary, new.substitutes) == ("execution", "critical", "pause", ())
    assert class_for(policy, WorkflowKey(workflow="str#ay: x", team="claims", route="r1")) == new
    assert class_for(policy, WorkflowKey(workflow="letters", team="claims", route="r1")) == policy.classes[0]
    assert [each for each in validate([policy]) if each.level is Level.ERROR] == []


def test_a_class_by_routes_does_not_tie_with_the_new_one() -> None:
    routed = TEXT.replace("match: {tags: {workflow: letters}}", "match: {routes: [r1]}")
    assert 'match: {tags: {workflow: "str#ay: x"}, routes: ["r1", "r2"]}' in edit(routed, "name", **STRAY)


def test_a_model_that_the_catalogue_does_not_hold_is_added_as_restricted() -> None:
    after = edit(TEXT, "name", **STRAY | {"preferred_model": "prov-x/new-1"})
    (policy,) = read_policies(after.encode(), Path(FILE))
    model = policy.document.model_named("prov-x/new-1")
    assert model is not None
    assert (model.provider, model.status) == ("prov-x", "restricted")


def test_a_workflow_whose_model_no_log_tells_gets_no_class() -> None:
    with pytest.raises(NotWritable, match="do not tell which model"):
        edit(TEXT, "name", **STRAY | {"preferred_model": None})


def test_an_entry_between_braces_goes_and_comes_without_its_neighbours() -> None:
    first = "{target: small-1, target_kind: model, activation: automatic}"
    later = "{target: prov-b/large-2, target_kind: model, activation: on_approval}"
    flow = TEXT.replace(BLOCK, f"    substitutes: [{first}, {later}]\n")
    assert [each.target for each in parsed(edit(flow, "remove", target="small-1")).substitutes] == ["prov-b/large-2"]
    assert [each.target for each in parsed(edit(flow, "remove", target="prov-b/large-2")).substitutes] == ["small-1"]
    added = parsed(edit(flow, "approve", target="large-9")).substitutes[-1]
    assert (added.target, added.activation, added.approved_by) == ("large-9", "on_approval", None)


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
    after = edit(acting, "split", path="workflow_classes[0]", workflow="letters")
    assert after.startswith(acting)
    (policy,) = read_policies(after.encode(), Path(FILE))
    wide, drafts = policy.classes
    assert (drafts.id, drafts.stage, drafts.boundary) == ("letter-drafting", "drafting", "human_review")
    assert (drafts.substitutes, drafts.triggers, wide.stage) == (wide.substitutes, wide.triggers, "decision")
    assert narrowed in after[len(acting) :]
    assert class_for(policy, WorkflowKey(workflow="letters", team="claims", route="pay")) == drafts
    assert class_for(policy, WorkflowKey(workflow="other", team="claims", route="pay")) == wide


def test_a_class_of_one_workflow_is_not_split() -> None:
    with pytest.raises(NotWritable):
        edit(TEXT, "split", path="workflow_classes[0]", workflow="letters")
