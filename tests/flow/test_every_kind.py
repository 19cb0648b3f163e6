"""Every kind of the catalogue, on a fleet that gives cause for it: its evidence is whole, and its change can be taken.

A kind that is new fails here until the fleet of `every_kind` has a class for it and the policy a way to state it.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import every_kind
import pytest
from planted_world import built, settings

from readback import store
from readback.contracts import Recommendation
from readback.contracts.vocabulary import Confidence, EvidenceClass
from readback.decisions.advice import confidence
from readback.decisions.ordering import ORDER
from readback.decisions.patch import policy_patch, written
from readback.decisions.recommendations import recommend
from readback.decisions.submission import TRIAL_ONLY, submission
from readback.policy.document import Document, Substitute
from readback.policy.finding import Level
from readback.policy.loading import read_policies
from readback.policy.validation import validate

AS_OF = every_kind.AS_OF
FILE = Path("policy.yaml")
POLICY = every_kind.world().policy()
CLASS_OF = {
    "guard_risk": "guarded", "split_drafting": "acting", "approve_or_stop_substitute": "unlisted",
    "demote_substitute": "harmed", "reorder_substitutes": "ordered", "chronic_fallback": "chronic",
    "add_substitute": "unanswered", "define_trigger": "untriggered", "lengthen_cooldown": "restless",
    "lower_latency_trigger": "patient", "stop_retrying": "stubborn", "retry_first": "passing",
    "shorten_cooldown": "waiting", "diversify_failure_domain": "together", "raise_cost_ceiling": "dear",
    "mark_output": "unmarked", "name_workflow": None, "raise_latency_trigger": "hasty", "lower_cost_ceiling": "cheap",
    "run_trial": "unsure",
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse() -> Iterator[store.Connection]:
    with built(every_kind.world().fleet(), AS_OF) as con:
        yield con


@pytest.fixture(scope="module")
def every(warehouse: store.Connection) -> list[Recommendation]:
    return recommend(warehouse, AS_OF, settings(AS_OF))


def of_kind(every: list[Recommendation], kind: str) -> Recommendation:
    """The recommendation of a kind for the class that was made for it."""
    return next(each for each in every if each.kind == kind and each.workflow_class == CLASS_OF[kind])


@pytest.mark.parametrize("kind", ORDER)
def test_a_recommendation_says_all_that_it_rests_on(every: list[Recommendation], kind: str) -> None:
    each = of_kind(every, kind)
    assert each.n_requests
    assert each.n_episodes is not None
    limits = (each.estimate, each.low, each.high)
    assert None not in limits
    assert each.low <= each.estimate <= each.high  # type: ignore[operator]
    assert each.guards_passed or each.guards_failed
    assert each.falsifier
    assert each.measure
    assert f"class {each.evidence_class.value}" in each.expected_effect
    if kind != "chronic_fallback":
        assert each.confidence is confidence(each.evidence_class, limits, is_guarded=not each.guards_failed)


@pytest.mark.parametrize("kind", ORDER)
def test_its_sql_gives_the_rows_behind_it(warehouse: store.Connection, every: list[Recommendation], kind: str) -> None:
    assert warehouse.execute(of_kind(every, kind).evidence_sql).fetchone() is not None


@pytest.mark.parametrize("kind", ORDER)
def test_its_patch_keeps_comments_grants_nothing_and_leaves_a_sound_policy(
    every: list[Recommendation], kind: str, tmp_path: Path
) -> None:
    patch = policy_patch([of_kind(every, kind)], POLICY)
    after = applied(patch, POLICY, tmp_path)
    assert [line for line in POLICY.splitlines() if "#" in line and line not in after.splitlines()] == []
    (before_it,), (after_it,) = (read_policies(text.encode(), FILE) for text in (POLICY, after))
    assert approvals(after_it.document) <= approvals(before_it.document)
    assert errors(after) == []


@pytest.mark.parametrize("kind", ORDER)
def test_git_takes_the_next_version_as_a_draft(
    every: list[Recommendation], kind: str, repository: Path, tmp_path: Path
) -> None:
    files = submission([of_kind(every, kind)], POLICY)
    after = taken(files["policy.patch"], repository, tmp_path)
    assert after.startswith(POLICY)
    _, draft = read_policies(after.encode(), FILE)
    metadata = draft.metadata
    assert (metadata.version, metadata.status, metadata.supersedes) == (5, "draft", 4)
    assert (metadata.approved_by, metadata.approved_at) == (None, None)
    assert errors(after) == []


def test_everything_at_once_is_one_draft(every: list[Recommendation], repository: Path, tmp_path: Path) -> None:
    files = submission(every, POLICY)
    assert errors(taken(files["policy.patch"], repository, tmp_path)) == []
    assert files["approval.md"].count("- Recommendation:") == len(every)


@pytest.mark.parametrize(
    "kind", [kind for kind in ORDER if kind in ("raise_latency_trigger", "lower_cost_ceiling", "run_trial")]
)
def test_a_trial_changes_no_rule_and_says_that_it_is_one(
    every: list[Recommendation], kind: str, tmp_path: Path
) -> None:
    each = of_kind(every, kind)
    assert each.evidence_class is EvidenceClass.TRIAL
    assert each.confidence is Confidence.LOW
    (policy,) = read_policies(applied(policy_patch([each], POLICY), POLICY, tmp_path).encode(), FILE)
    (tried,) = [found for found in policy.classes if found.trials]
    assert tried.id == CLASS_OF[kind]
    assert not tried.trials[0].is_approved
    (before,) = [found for found in read_policies(POLICY.encode(), FILE)[0].classes if found.id == tried.id]
    assert tried.model_copy(update={"trials": ()}) == before
    assert TRIAL_ONLY in submission([each], POLICY)["approval.md"]


def test_a_class_whose_values_are_shared_is_left_alone_and_the_reason_is_told(every: list[Recommendation]) -> None:
    """An anchor makes two classes of one boundary."""
    shared = POLICY.replace("boundary: degrade", "boundary: &shared degrade", 1)
    shared = shared.replace("boundary: degrade", "boundary: *shared", 1)
    guard = of_kind(every, "guard_risk")
    assert policy_patch([guard], shared) == ""
    assert "anchor" in json.dumps(reasons([guard], shared))


LAYOUTS = {
    "no line end at the end": POLICY.rstrip("\n"),
    "marks around it": f"---\n{POLICY}...\n",
    "letters beyond ASCII": POLICY.replace("By a substitute", "Ersätzt – ☕"),
    "an earlier version before it": POLICY.replace("version: 4", "version: 3")
    .replace("effective_from: 2026-05-01", "effective_from: 2026-04-01")
    .replace("effective_to: null", "effective_to: 2026-05-01T00:00:00Z")
    + f"---\n{POLICY}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_draft_is_put_behind_whatever_the_file_holds(
    every: list[Recommendation], layout: str, tmp_path: Path
) -> None:
    text = LAYOUTS[layout]
    files = submission([of_kind(every, "mark_output"), of_kind(every, "name_workflow")], text)
    after = taken(files["policy.patch"], in_a_repository(tmp_path / "given", text), tmp_path / "taken")
    assert after.startswith(text)
    *before, draft = read_policies(after.encode(), FILE)
    assert [each.metadata.version for each in before] == [
        each.metadata.version for each in read_policies(text.encode(), FILE)
    ]
    assert (draft.metadata.version, draft.metadata.status) == (5, "draft")


def reasons(every: list[Recommendation], text: str) -> dict[str, str]:
    return written(every, text).reasons


def approvals(document: Document) -> set[tuple[str, str]]:
    """What may stand in somewhere, and who let it: nothing may be added to it."""
    given = {
        (each.target, str(each.approved_by))
        for found in document.workflow_classes
        for each in found.substitutes
        if _is_let(each)
    }
    return given | {("policy", str(document.metadata.approved_by))}


def _is_let(each: Substitute) -> bool:
    return each.target_kind == "model" and (each.activation == "automatic" or each.approved_by is not None)


def errors(text: str) -> list[str]:
    found = validate(read_policies(text.encode(), FILE))
    return [f"{each.code}: {each.message}" for each in found if each.level is Level.ERROR]


def applied(patch: str, text: str, folder: Path) -> str:
    """The text after `git apply`."""
    (folder / FILE).write_text(text, encoding="utf-8")
    subprocess.run(["git", "apply"], cwd=folder, input=patch, text=True, check=True, capture_output=True)
    return (folder / FILE).read_text(encoding="utf-8")


GIT = ("git", "-c", "user.name=reviewer", "-c", "user.email=reviewer@localhost")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the policy as it is."""
    return in_a_repository(tmp_path_factory.mktemp("repository"), POLICY)


def in_a_repository(folder: Path, text: str) -> Path:
    """A repository that holds a policy and nothing else."""
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(text, encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "As it is"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)
    return folder


def taken(patch: str, repository: Path, folder: Path) -> str:
    """The text after `git am` in a copy of the repository."""
    shutil.copytree(repository, folder, dirs_exist_ok=True)
    subprocess.run([*GIT, "am"], cwd=folder, input=patch, text=True, check=True, capture_output=True)
    return (folder / FILE).read_text(encoding="utf-8")
