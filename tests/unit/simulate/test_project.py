"""The folder is a project: settings and policy agree with the logs."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from recount import Seen

from readback.simulate import Truth


@pytest.fixture
def policy(project: Path, truth: Truth) -> dict[str, Any]:
    loaded = yaml.safe_load((project / "policy.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_every_written_file_is_an_input(project: Path, truth: Truth) -> None:
    settings = tomllib.loads((project / "readback.toml").read_text())
    read = {path for entry in settings["inputs"] for path in project.glob(entry["path"])}
    assert read == {project / name for name in truth.files}


def test_coverage_sections_agree_with_the_truth(project: Path, truth: Truth) -> None:
    sections = {s["source"]: s for s in tomllib.loads((project / "readback.toml").read_text())["coverage"]}
    watched = [told for told in truth.outcomes if told.source]
    assert set(sections) == {told.source for told in watched}
    for told in watched:
        section = sections[told.source]
        assert told.workflow in section["workflows"]
        assert section["from"] == told.covered_from
        assert section.get("sample_rate", 1.0) == told.sample_rate


def test_every_target_and_preferred_model_is_declared(policy: dict[str, Any]) -> None:
    known = {model["id"] for model in policy["models"]} | {lane["id"] for lane in policy["lanes"]}
    for each in policy["workflow_classes"]:
        targets = [sub["target"] for sub in each["substitutes"]]
        assert {*each["preferred"], *targets} <= known
        assert not set(each["preferred"]) & set(targets)
        assert len(targets) == len(set(targets))


def test_chains_of_substitutes_end(policy: dict[str, Any]) -> None:
    after: dict[str, set[str]] = {}
    for each in policy["workflow_classes"]:
        for sub in each["substitutes"]:
            after.setdefault(each["preferred"][0], set()).add(sub["target"])

    def reach(model: str, path: tuple[str, ...]) -> None:
        assert model not in path
        for target in after.get(model, ()):
            reach(target, (*path, model))

    for model in after:
        reach(model, ())


def test_aliases_name_one_model_each(policy: dict[str, Any]) -> None:
    names = [alias for model in policy["models"] for alias in model["aliases"]]
    assert len(names) == len(set(names))


def test_every_logged_workflow_has_exactly_one_class(policy: dict[str, Any], seen: list[Seen]) -> None:
    tags = [each["match"]["tags"]["workflow"] for each in policy["workflow_classes"]]
    assert sorted(tags) == sorted({request.workflow for request in seen})


def test_declared_triggers_and_grave_classes(policy: dict[str, Any]) -> None:
    for each in policy["workflow_classes"]:
        declared = {trigger["id"] for trigger in each["triggers"]}
        used = {name for sub in each["substitutes"] for name in sub["triggers"]}
        assert used <= declared | {"*"}
        if each["risk"] in ("high", "critical"):
            assert each["stop_conditions"]
            assert each["continuity"]
        for sub in each["substitutes"]:
            if sub["target_kind"] == "model":
                assert sub["approved_by"] and sub["approved_at"] and sub["evidence"]  # noqa: PT018


def test_policy_is_in_force_before_the_first_request(policy: dict[str, Any], truth: Truth) -> None:
    assert datetime.fromisoformat(policy["metadata"]["effective_from"]) < truth.start
    assert policy["metadata"]["status"] == "active"


def test_one_approval_expires_within_the_span(policy: dict[str, Any], truth: Truth) -> None:
    ends = [
        datetime.fromisoformat(sub["expires"]).replace(tzinfo=UTC)
        for each in policy["workflow_classes"]
        for sub in each["substitutes"]
        if "expires" in sub
    ]
    assert len(ends) == 1
    assert truth.start < ends[0] < truth.end
