"""The drift of a gateway on the Conformance page: the same differences as the command's, from a file or an upload."""

from datetime import UTC, datetime
from pathlib import Path

import faces_project
import pytest
import yaml
from shown_page import page, text

from readback.errors import PolicyError
from readback.faces import drifted
from readback.settings import Project, open_project

AT = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata: {policy_id: acme, version: 3, status: active, effective_from: "2026-01-01T00:00:00Z",
  owner: {team: platform, contact: "group:platform"}, approved_by: board,
  review: {cadence: 90d, next_due: "2027-01-01T00:00:00Z"}}
defaults: {undeclared_workflow: report_only, marking: {required: true, channels: [metadata]}}
models:
  - {id: openai/gpt-4.1, provider: openai, status: approved}
  - {id: openai/gpt-4o, provider: openai, status: approved}
workflow_classes:
  - id: chat
    match: {routes: [chat]}
    risk: low
    stage: drafting
    boundary: degrade
    preferred: [openai/gpt-4.1]
    substitutes:
      - {target: openai/gpt-4o, target_kind: model, activation: automatic, triggers: [outage]}
    triggers: [{id: outage, type: provider_error}]
"""
LIVE = {
    "model_list": [
        {"model_name": "chat", "litellm_params": {"model": "openai/gpt-4.1", "api_key": "sk-not-to-be-shown"}},
        {"model_name": "rogue", "litellm_params": {"model": "openai/gpt-3.5-turbo"}},
    ],
    "router_settings": {"fallbacks": [{"chat": ["rogue"]}]},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a policy and the live file of a gateway that breaks it."""
    root = faces_project.build(tmp_path_factory.mktemp("drift")).root
    (root / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (root / "live.yaml").write_text(yaml.safe_dump(LIVE), encoding="utf-8")
    with (root / "readback.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[[gateways]]\nconfig = "live.yaml"\n')
    return open_project(root)


def test_configured_file_is_compared_at_every_visit(project: Project) -> None:
    shown = page("conformance", project.root)
    assert not shown.exception
    assert "**1** not allowed" in text(shown)
    found = shown.dataframe[-1].value
    assert found["level"].iloc[0] == "error"
    assert "openai/gpt-3.5-turbo would take over by itself" in found["message"].iloc[0]
    assert shown.query_params["gateway"] in ("live.yaml", ["live.yaml"])


def test_secrets_of_the_file_are_not_shown(project: Project) -> None:
    shown = page("conformance", project.root)
    assert "sk-not-to-be-shown" not in text(shown) + str([frame.value.to_dict() for frame in shown.dataframe])


def test_content_handed_over_gives_what_the_file_gives(project: Project) -> None:
    file = project.root / "live.yaml"
    handed = drifted.found(project.policy_file, Path("mine.yaml"), None, file.read_bytes(), AT)
    assert handed.rows.equals(drifted.found(project.policy_file, file, "litellm", None, AT).rows)
    assert handed.compared == "LiteLLM proxy, config.yaml: 1 route, against acme version 3"


def test_file_of_no_known_gateway_is_told_in_one_sentence(project: Project) -> None:
    with pytest.raises(PolicyError, match=r"mine\.json: does not look like the configuration of any of litellm"):
        drifted.found(project.policy_file, Path("mine.json"), None, b'{"a": 1}', AT)


def test_page_without_a_policy_in_force_says_so(project: Project, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no version is active at 2026-11-01; expected one"):
        drifted.found(tmp_path / "policy.yaml", project.root / "live.yaml", None, None, AT)
