"""The truth agrees with a naive recount of the raw lines."""

from collections import Counter
from pathlib import Path

import pytest
import recount
from recount import Seen

from readback.simulate import Truth
from readback.simulate.fleet import MODELS, WORKFLOWS

MODEL_OF = {name: m.model_id for m in MODELS for name in (m.model_id, m.name, *m.names)}


def test_requests_are_exactly_as_many_as_asked(truth: Truth, seen: list[Seen]) -> None:
    assert len(seen) == truth.requests == 9000


@pytest.mark.parametrize("name", [workflow.name for workflow in WORKFLOWS])
def test_workflow_counts(name: str, truth: Truth, seen: list[Seen]) -> None:
    mine = [request for request in seen if request.workflow == name]
    fates = Counter(request.fate for request in mine)
    told = truth.workflows[name]
    assert told.requests == len(mine)
    assert told.preferred_served == fates["preferred"] + fates["retry"]
    assert (told.retried, told.cache_hits) == (fates["retry"], fates["cache_hit"])
    assert (told.failed, told.fallbacks.total) == (fates["failed"], fates["fallback"])
    assert told.runs == len({request.run_id for request in mine})
    served = Counter(MODEL_OF[request.served] for request in mine if request.served)
    assert told.served_by == served


def test_fleet_sums(truth: Truth, seen: list[Seen]) -> None:
    fates = Counter(request.fate for request in seen)
    assert truth.failed == fates["failed"] > 0
    assert truth.cache_hits == fates["cache_hit"] > 0
    assert truth.retried == fates["retry"] > 0
    assert truth.fallbacks.total == fates["fallback"] > 0
    assert truth.fallbacks.by_detection == Counter(r.detection for r in seen if r.fate == "fallback")


def test_told_causes(truth: Truth, seen: list[Seen]) -> None:
    """A cooldown's record hides its cause; everything else is told, and both add up."""
    told = Counter(request.cause for request in seen if request.fate == "fallback")
    hidden = told.pop(None)
    assert hidden == sum(truth.fallbacks.by_cause.values()) - sum(told.values())
    for cause in ("cost_ceiling", "context_window", "content_policy", "low_confidence", "unknown"):
        assert truth.fallbacks.by_cause[cause] == told[cause] > 0
    assert truth.low_confidence_reruns == told["low_confidence"]


def test_silent_downgrades_are_the_unapproved_answers_of_risky_workflows(truth: Truth, seen: list[Seen]) -> None:
    risky = {w.name: {s.model_id for s in w.substitutes} for w in WORKFLOWS if w.risk in ("high", "critical")}
    found = {
        request.request_id
        for request in seen
        if request.fate == "fallback" and request.served not in risky.get(request.workflow, {request.served})
    }
    assert found == {breach.request_id for breach in truth.silent_downgrades}
    assert found


def test_provider_declared_substitutions(truth: Truth, seen: list[Seen]) -> None:
    found = {request.request_id for request in seen if request.detection == "provider_declared"}
    assert found == {breach.request_id for breach in truth.provider_declared}


def test_ignored_stop_conditions(truth: Truth, seen: list[Seen]) -> None:
    approved = {w.name: {s.model_id for s in w.substitutes} for w in WORKFLOWS if w.guardrail}
    found = [
        request
        for request in seen
        if request.fate == "fallback"
        and request.served in approved.get(request.workflow, ())
        and not request.is_guarded
    ]
    assert len(found) == truth.violations["stop_condition_ignored"].total > 0


def test_every_kind_of_violation_is_constructed(truth: Truth) -> None:
    reasons = {reason for reason, told in truth.violations.items() if told.total}
    assert reasons == {
        "missed_fallback",
        "unapproved_substitute",
        "approval_expired",
        "trigger_not_allowed",
        "stop_condition_ignored",
    }


def test_lines_and_attempts_per_file(project: Path, truth: Truth) -> None:
    for name, told in truth.files.items():
        assert told.lines == len(recount.text_lines(project / name))
        if name.startswith(("logs/litellm", "logs/bedrock")):
            assert told.attempts == told.lines


def test_attempts_of_otlp_are_its_model_spans(project: Path, truth: Truth) -> None:
    calls = sum("gen_ai.request.model" in span["attributes"] for span in recount.spans(project))
    assert calls == sum(t.attempts or 0 for name, t in truth.files.items() if name.startswith("logs/otlp"))
    assert truth.attempts == sum(told.attempts or 0 for told in truth.files.values())


def test_compressed_and_plain_days_are_mixed(truth: Truth) -> None:
    suffixes = {Path(name).suffix for name in truth.files if name.startswith("logs/litellm")}
    assert suffixes == {".jsonl", ".gz", ".zst"}
