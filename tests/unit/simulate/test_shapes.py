"""Written records have the keys and types of real ones: of a committed skeleton, and of the captures themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
import recount
from key_types import REAL, key_types

from readback.simulate import Truth

HERE = Path(__file__).parent
REAL_FOLDER = HERE.parents[3] / "shared" / "real"
COMMITTED = {
    name: {path: set(kinds.split("|")) for path, kinds in paths.items()}
    for name, paths in json.loads((HERE / "skeletons.json").read_text(encoding="utf-8")).items()
}
YARDSTICKS = {"committed": COMMITTED}
if REAL_FOLDER.is_dir():
    YARDSTICKS["capture"] = {name: key_types(load(REAL_FOLDER)) for name, load in REAL.items()}

# What a real installation says but the captured one had no reason to say.
ADDED = {
    "litellm": ("$.metadata.applied_guardrails[]",),
    "statuspage": (),
    "otlp": ("[gen_ai.workflow.name]", "[readback.run.id]", "[gen_ai.evaluation."),
}


def written(name: str, project: Path) -> list[Any]:
    if name == "statuspage":
        return [json.loads(path.read_text()) for path in sorted((project / "status").iterdir())]
    return recount.records(project / "logs" / name)


@pytest.mark.parametrize("yardstick", YARDSTICKS)
@pytest.mark.parametrize("name", ADDED)
def test_every_written_key_and_type_is_real(name: str, yardstick: str, project: Path, truth: Truth) -> None:
    real = YARDSTICKS[yardstick][name]
    strange = {
        path: kinds - real.get(path, set())
        for path, kinds in key_types(written(name, project)).items()
        if not kinds <= real.get(path, set()) and not any(added in path for added in ADDED[name])
    }
    assert strange == {}


@pytest.mark.parametrize("yardstick", YARDSTICKS)
def test_litellm_record_has_all_45_keys(yardstick: str, project: Path, truth: Truth) -> None:
    real = {path for path in YARDSTICKS[yardstick]["litellm"] if path.count(".") == 1 and "[" not in path}
    assert len(real) == 45
    for record in written("litellm", project):
        assert {f"$.{key}" for key in record} == real


def test_statuspage_incident_has_all_keys_of_a_real_one(project: Path, truth: Truth) -> None:
    real = COMMITTED["statuspage"]
    prefix = "$.incidents[]."
    keys = {
        path.removeprefix(prefix)
        for path in real
        if path.startswith(prefix) and path.count(".") == 2 and not path.endswith("[]")
    }
    for page in written("statuspage", project):
        for incident in page["incidents"]:
            assert set(incident) == keys


def test_counters_stand_on_plain_successes_only(project: Path, truth: Truth) -> None:
    for record in written("litellm", project):
        headers = record["hidden_params"]["additional_headers"] or {}
        expects_counters = record["status"] == "success" and record["stream"] is None
        assert ("x-litellm-attempted-fallbacks" in headers) == expects_counters


def test_cooldown_record_names_no_deployment(project: Path, truth: Truth) -> None:
    cooled = [r for r in written("litellm", project) if r["error_information"]["error_class"] == "RouterRateLimitError"]
    assert cooled
    for record in cooled:
        assert (record["model_id"], record["custom_llm_provider"]) == ("", None)
        assert record["model"] == record["model_group"]
        assert record["error_information"]["normalized_error"] == "429_NO_HEALTHY_DEPLOYMENTS"


def test_some_traces_are_split_over_lines(project: Path, truth: Truth) -> None:
    lines: dict[str, set[int]] = {}
    for number, batch in enumerate(written("otlp", project)):
        for scope in batch["resourceSpans"][0]["scopeSpans"]:
            for span in scope["spans"]:
                lines.setdefault(span["traceId"], set()).add(number)
    assert any(len(numbers) > 1 for numbers in lines.values())
