"""Outcome files say what the truth says they say."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import recount
from recount import Seen

from readback.simulate import Truth
from readback.simulate.outcome_rules import KIND_OF, RULES, WATCHERS

KEYS = ("run_id", "request_id", "provider_response_id")


def rows(project: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((project / "outcomes").iterdir()):
        lines = recount.text_lines(path)
        found += csv.DictReader(lines) if path.suffix == ".csv" else [json.loads(line) for line in lines]
    return found


def test_required_columns_and_one_join_key(project: Path, truth: Truth) -> None:
    for row in rows(project):
        assert all(row[name] for name in ("kind", "occurred_at", "source_system", "source_record_id"))
        assert sum(bool(row.get(key)) for key in KEYS) == 1


def test_record_ids_are_unique(project: Path, truth: Truth) -> None:
    ids = Counter((row["source_system"], row["source_record_id"]) for row in rows(project))
    assert max(ids.values()) == 1


def test_rows_per_kind(project: Path, truth: Truth) -> None:
    assert Counter(truth.outcome_rows) == Counter(row["kind"] for row in rows(project))


def test_every_join_key_leads_to_a_request(project: Path, truth: Truth, seen: list[Seen]) -> None:
    answered = [request for request in seen if request.fate != "failed"]
    replies = {r["id"] for r in recount.records(project / "logs" / "litellm") if r["status"] == "success"}
    known = {"run_id": {r.run_id for r in answered}, "request_id": {r.request_id for r in answered}}
    known["provider_response_id"] = replies
    for row in rows(project):
        (key,) = [key for key in KEYS if row.get(key)]
        assert row[key] in known[key]


def test_written_events_by_lane(project: Path, truth: Truth, seen: list[Seen]) -> None:
    """Recount of rework and downstream errors by workflow, through the join keys."""
    exposed = {request.run_id for request in seen if request.fate == "fallback"}
    run_of = {request.request_id: request.run_id for request in seen}
    counts: Counter[tuple[str, str, bool]] = Counter()
    for row in rows(project):
        if row["kind"] != "review_decision":
            run = row.get("run_id") or run_of[row["request_id"]]
            counts[run.rpartition("-")[0], row["kind"], run in exposed] += 1
    for told in truth.outcomes:
        if told.metric != "override":
            assert told.preferred.written == counts[told.workflow, KIND_OF[told.metric], False]
            assert told.fallback.written == counts[told.workflow, KIND_OF[told.metric], True]


def test_written_costs(project: Path, truth: Truth) -> None:
    total = sum(float(row["cost_amount"]) for row in rows(project) if row.get("cost_amount"))
    assert total == pytest.approx(sum(told.cost_usd_written or 0 for told in truth.outcomes))


def test_lanes_are_nested(truth: Truth) -> None:
    for told in truth.outcomes:
        for lane in (told.preferred, told.fallback):
            assert lane.eligible >= lane.observable >= lane.events >= lane.written >= lane.mature_events
            assert lane.observable >= lane.mature >= lane.mature_events


def test_realised_rates_are_near_the_true_ones(truth: Truth) -> None:
    """Within four standard errors each: 48 comparisons, fixed seed."""
    for told in truth.outcomes:
        for lane, risk in (
            (told.preferred, told.base_rate),
            (told.fallback, told.base_rate + told.risk_difference),
        ):
            spread = (risk * (1 - risk) * lane.observable) ** 0.5
            assert abs(lane.events - risk * lane.observable) <= 4 * spread + 1


def test_uncovered_workflow_has_no_rows_but_eligible_runs(project: Path, truth: Truth) -> None:
    told = [t for t in truth.outcomes if t.workflow == "contract-summary"]
    assert all(t.source is None and t.expected_coverage == 0 and t.preferred.eligible for t in told)
    assert not any("contract-summary" in (row.get("run_id") or "") for row in rows(project))


def test_late_source_sees_only_its_part(truth: Truth) -> None:
    late = [told for told in truth.outcomes if told.source == "losses"]
    assert late
    for told in late:
        assert told.covered_from is not None
        assert told.covered_from > truth.start
        assert told.expected_coverage is not None
        assert 0.5 < told.expected_coverage < 0.85


def test_last_days_are_immature(truth: Truth) -> None:
    for told in truth.outcomes:
        if told.source:
            assert told.preferred.mature < told.preferred.observable


def test_no_outcome_lies_after_the_end(project: Path, truth: Truth) -> None:
    end = f"{truth.end:%Y-%m-%dT%H:%M:%S}"
    assert all(row["occurred_at"] < end for row in rows(project))


def test_every_rule_of_a_watcher_names_its_workflow_once() -> None:
    assert len({(rule.workflow, rule.metric) for rule in RULES}) == len(RULES)
    assert {rule.watcher for rule in RULES if rule.watcher} == set(WATCHERS)
