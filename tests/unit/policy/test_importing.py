"""A gateway's file becomes a draft: it loads, invents no approval, keeps no secret, and says what it lacks."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from readback.contracts.vocabulary import Activation, PolicyStatus
from readback.errors import PolicyError
from readback.policy import gateways
from readback.policy.importing import Draft, draft
from readback.policy.loading import read_policies
from readback.policy.matching import WorkflowKey, match_class
from readback.policy.validation import check

from .test_gateways import ENVOY, KONG, LITELLM, SAMPLES, TENSORZERO

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
TEXTS = {"litellm": LITELLM, "envoy": ENVOY, "kong": KONG, "tensorzero": TENSORZERO}
SUFFIX = {"litellm": "yaml", "envoy": "yaml", "kong": "yaml", "tensorzero": "toml"}


def written(folder: Path, name: str, changed: Any = None) -> Path:
    file = folder / f"gateway.{SUFFIX.get(name, 'json')}"
    file.write_text(TEXTS[name] if name in TEXTS else json.dumps(changed or SAMPLES[name]))
    return file


@pytest.fixture(params=list(gateways.GATEWAYS))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Draft:
    return draft(written(tmp_path, request.param), AS_OF)


def test_nobody_has_approved_anything(made: Draft) -> None:
    policy = made.policy
    assert policy.metadata.status is PolicyStatus.DRAFT
    assert policy.metadata.approved_by is None
    for each in policy.classes:
        assert (each.stage, each.risk, each.boundary) == (None, None, None)
        for one in each.substitutes:
            assert (one.approved_by, one.approved_at, one.evidence) == (None, None, None)
            assert one.activation is Activation.AUTOMATIC
    assert {model.status.value for model in policy.document.models} == {"restricted"}


def test_a_draft_judges_nothing_and_stops_nothing(made: Draft) -> None:
    check([made.policy], as_of=AS_OF)
    (route,) = made.policy.classes[0].match.routes
    assert match_class([made.policy], WorkflowKey(route=route)) == []


def test_what_no_gateway_knows_is_listed(made: Draft) -> None:
    told = "\n".join(made.gaps)
    assert "leaves out stage, risk, boundary" in told
    assert "names no owner" in told
    assert "stop_conditions, continuity, the approval of" in told
    assert all(f"# - {gap}" in made.text for gap in made.gaps if gap.isprintable())


def test_a_secret_never_lands(made: Draft) -> None:
    assert "sk-" not in made.text
    assert "env.OPENAI" not in made.text


def test_a_draft_tells_where_it_came_from(made: Draft) -> None:
    assert made.policy.metadata.source.kind == made.gateway.NAME
    assert yaml.safe_load(made.text)["metadata"]["effective_from"] == "2026-05-01T00:00:00Z"


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\x00\n"])
def test_hostile_names_stay_names(tmp_path: Path, end: str) -> None:
    """In the body and in the comment above it, which repeats them."""
    name = f"evil/a: {{b: c}}{end}metadata: {{}}"
    config = {"models": ["openai/gpt-4o", name]}
    made = draft(written(tmp_path, "openrouter", config), AS_OF)
    (read,) = read_policies(made.text.encode(), Path("policy.yaml"))
    assert read.classes[0].substitutes[0].target == name
    assert read.digest == made.policy.digest


def test_what_is_written_is_what_was_checked(made: Draft) -> None:
    (read,) = read_policies(made.text.encode(), Path("policy.yaml"))
    assert read.digest == made.policy.digest


def test_two_routes_that_spell_alike_are_two_classes(tmp_path: Path) -> None:
    rules = [
        {"name": name, "cel_expression": f'model == "{name}"', "targets": [{"provider": "openai", "model": "gpt"}]}
        for name in ("A b", "a-b")
    ]
    config = SAMPLES["bifrost"] | {"governance": {"routing_rules": rules}}
    made = draft(written(tmp_path, "bifrost", config), AS_OF)
    assert [each.id for each in made.policy.classes] == ["a-b", "a-b-2"]


def test_a_file_without_a_route_is_one_sentence(tmp_path: Path) -> None:
    config = SAMPLES["bifrost"] | {"governance": {}}
    with pytest.raises(PolicyError, match="names no route"):
        draft(written(tmp_path, "bifrost", config), AS_OF)
