"""The patch of a policy: reviewable, applicable, and never an approval."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, effect, listed, use

from readback.contracts import Recommendation
from readback.decisions.effects import Effects
from readback.decisions.patch import NOTE, policy_patch, written
from readback.decisions.substitute_rules import approve_or_stop, demote
from readback.errors import PolicyError
from readback.policy.loading import read_policies
from readback.policy.version import Policy

FILE = Path("policy.yaml")
HEAD = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: claims
  version: 1
  status: active
  owner: {team: claims, contact: "group:claims"}
  approved_by: "role:model-risk"
  approved_at: 2026-03-28T10:00:00Z
  effective_from: 2026-04-01T00:00:00Z
  effective_to: null
  review: {cadence: 90d, last_reviewed: 2026-03-28, next_due: 2026-06-26}
defaults:
  undeclared_workflow: hold
  marking: {required: true, label: "Substitute", channels: [metadata]}
models:
  - {id: large-1, provider: a, failure_domain: a-us, status: approved}
  - {id: prov-b/large-2, provider: b, failure_domain: b-eu, status: approved}
  - {id: small-1, provider: b, failure_domain: b-eu, status: approved}
workflow_classes:
  - id: letter  # the first
    stage: drafting
    risk: moderate
    match: {tags: {workflow: letters}}
    preferred: [large-1]
    boundary: degrade
"""
BLOCK = """\
    substitutes:
      # the good one
      - target: prov-b/large-2
        target_kind: model
        activation: automatic
        approved_by: "role:model-risk"
        approved_at: 2026-03-20
        triggers: ["*"]
      # the cheap one
      - {target: small-1, target_kind: model, activation: automatic, approved_by: "role:model-risk",
         approved_at: 2026-03-20, expires: 2026-09-20, triggers: ["*"]}
"""
TAIL = """\
    triggers:
      - {id: outage, type: provider_outage, when: {status_codes: ["5XX"]}}
"""
SECOND = """\
  - id: other
    stage: drafting
    risk: low
    match: {tags: {workflow: others}}
    preferred: [large-1]
    boundary: degrade
    triggers: []
    substitutes: *shared
"""
EMPTY = "    substitutes: []  # none yet\n"
ONE = "    substitutes:\n    - {target: prov-b/large-2, target_kind: model, activation: automatic, triggers: ['*']}\n"


def recommended(rule: str, **given: Any) -> Recommendation:
    if rule == "demote":
        harm = effect(dimension="model", member=given.get("target", "prov-b/large-2"))
        return next(iter(demote([listed(**given)], Effects([harm]), AS_OF)))
    return next(iter(approve_or_stop([use(**given)], Effects([]), AS_OF)))


def applied(patch: str, text: str, folder: Path) -> str:
    """What `patch` makes of the text; the tool itself judges the format."""
    file = folder / "policy.yaml"
    file.write_bytes(text.encode())
    done = subprocess.run(
        ["patch", "-p1", "--binary"], cwd=folder, input=patch.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return file.read_bytes().decode()


def parsed(text: str) -> Policy:
    (policy,) = read_policies(text.encode(), FILE)
    return policy


def targets(text: str) -> list[str]:
    return [substitute.target for substitute in parsed(text).classes[0].substitutes]


def test_review_changes_one_word(tmp_path: Path) -> None:
    text = HEAD + BLOCK + TAIL
    patch = policy_patch([recommended("demote")], text)
    changed = [line for line in patch.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ["-        activation: automatic", "+        activation: on_approval"]
    assert patch.startswith(f"# {NOTE}\n--- a/policy.yaml\n+++ b/policy.yaml\n")
    assert parsed(applied(patch, text, tmp_path)).classes[0].substitutes[0].activation == "on_approval"


def test_remove_takes_the_entry_and_leaves_its_neighbours_comment(tmp_path: Path) -> None:
    text = HEAD + BLOCK + TAIL
    after = applied(policy_patch([recommended("demote", risk="high")], text), text, tmp_path)
    assert targets(after) == ["small-1"]
    assert "# the cheap one" in after


def test_the_last_entry_leaves_an_empty_list(tmp_path: Path) -> None:
    text = HEAD + ONE + TAIL
    after = applied(policy_patch([recommended("demote", risk="high")], text), text, tmp_path)
    assert targets(after) == []
    assert "    substitutes: []\n" in after


def test_all_entries_can_go_at_once(tmp_path: Path) -> None:
    text = HEAD + BLOCK + TAIL
    both = [
        recommended("demote", risk="high"),
        recommended("demote", risk="high", target="small-1", substitute_path="workflow_classes[0].substitutes[1]"),
    ]
    assert targets(applied(policy_patch(both, text), text, tmp_path)) == []


@pytest.mark.parametrize("chain", [BLOCK, EMPTY, ONE], ids=["block", "empty", "flow entries"])
def test_a_draft_is_approved_by_nobody(chain: str, tmp_path: Path) -> None:
    text = HEAD + chain + TAIL
    patch = policy_patch([recommended("approve", served_model="new-1")], text)
    draft = parsed(applied(patch, text, tmp_path)).classes[0].substitutes[-1]
    assert (draft.target, draft.activation, draft.approved_by, draft.approved_at) == (
        "new-1",
        "on_approval",
        None,
        None,
    )
    assert "approved_by: null  # needs approval" in patch
    assert draft.triggers == ()


def test_a_renewal_empties_the_ended_approval(tmp_path: Path) -> None:
    text = HEAD + BLOCK + TAIL
    ended = {"substitute_path": "workflow_classes[0].substitutes[1]", "expires_at": AS_OF}
    patch = policy_patch([recommended("approve", **ended)], text)
    entry = parsed(applied(patch, text, tmp_path)).classes[0].substitutes[1]
    assert (entry.target, entry.approved_by, entry.approved_at) == ("small-1", None, None)
    assert entry.expires is not None
    assert "# needs approval" in patch


@pytest.mark.parametrize(
    ("recommendation", "chain", "reason"),
    [
        (recommended("approve", risk="critical"), BLOCK, "out of the gateway's chain"),
        (recommended("demote", policy_version=2), BLOCK, "does not hold claims v2"),
        (recommended("demote", target="large-9"), BLOCK, "large-9 is not listed"),
        (recommended("demote", workflow_class="other"), BLOCK, "stands elsewhere by now"),
    ],
    ids=["unlisted and stopped", "another version", "no such entry", "another class"],
)
def test_what_cannot_be_expressed_gives_no_patch_and_a_reason(
    recommendation: Recommendation, chain: str, reason: str
) -> None:
    told = written([recommendation], HEAD + chain + TAIL)
    assert told.text == HEAD + chain + TAIL
    assert reason in told.reasons[recommendation.recommendation_id]


def test_an_entry_that_an_edit_before_moved_is_still_the_one_that_is_edited() -> None:
    """The two change places, and the one that was first is demoted: not the one that is first now."""
    pair = json.dumps({"action": "swap", "first_target": "prov-b/large-2", "later_target": "small-1"})
    swap = recommended("demote").model_copy(update={"evidence": pair, "recommendation_id": "swap"})
    after = parsed(written([swap, recommended("demote")], HEAD + BLOCK + TAIL).text).classes[0].substitutes
    assert [(each.target, each.activation) for each in after] == [
        ("small-1", "automatic"), ("prov-b/large-2", "on_approval"),
    ]  # fmt: skip


def test_nothing_recommended_gives_no_patch() -> None:
    assert policy_patch([], HEAD + BLOCK + TAIL) == ""


def test_a_shared_list_is_left_alone() -> None:
    """An alias makes two classes of one list: the edit would change a class that nobody asked about."""
    chain = ONE.replace("substitutes:\n", "substitutes: &shared\n")
    text = HEAD + chain + TAIL + SECOND
    assert len(parsed(text).classes) == 2
    assert policy_patch([recommended("demote")], text) == ""


@pytest.mark.parametrize("name", ['x"\n    activation: automatic', "a: b # c", "\u202ex", "\x1b[31m"])
def test_a_hostile_model_name_stays_a_name(name: str) -> None:
    text = HEAD + EMPTY + TAIL
    patch = policy_patch([recommended("approve", served_model=name)], text)
    assert "\x1b" not in patch
    draft = parsed(written([recommended("approve", served_model=name)], text).text).classes[0].substitutes[-1]
    assert (draft.target, draft.activation, draft.approved_by) == (name, "on_approval", None)


def test_line_ends_are_kept(tmp_path: Path) -> None:
    text = (HEAD + BLOCK + TAIL).replace("\n", "\r\n").removesuffix("\r\n")
    after = applied(policy_patch([recommended("approve", served_model="new-1")], text), text, tmp_path)
    assert after.count("\n") == after.count("\r\n")
    assert targets(after)[-1] == "new-1"


def test_a_broken_policy_is_refused() -> None:
    with pytest.raises(PolicyError):
        policy_patch([], "kind: [")
