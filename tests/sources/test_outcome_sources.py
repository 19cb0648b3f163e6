"""What holds of every connector of an outcome source: the contract, hostile records, our words, the tie to a run."""

import copy
import json
import math
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from outcome_samples import OUTCOME_SOURCES, told
from small_logs import open_ledger
from source_samples import landed, sample_files

from readback import aftermath, shipped
from readback.contracts import Outcome
from readback.contracts import vocabulary as words
from readback.feed import sample, shape
from readback.sources import sources

EVERY = pytest.mark.parametrize("source", OUTCOME_SOURCES)
MUTANTS = 150
HOSTILE: tuple[Any, ...] = (
    "infinity", "-infinity", "'; drop table outcomes; --", '"]', "", None, True, -1, 1e300, 10**30, 0.5, {"a": 1},
    {'a"b': [1]}, [1, "x"], [], {}, [None], [{"value": {"value": []}}], "x" * 5000, "\u0000", "1900-13-45T99:99:99Z",
    "9" * 20, {"q\"'$.": {"value": 1}}, "rb1:::", "rb1:a:b:c:d.e.", "1e999", "nan", "12.5",
)  # fmt: skip
CLOSED = {
    "type": words.OutcomeKind,
    "decision": words.Decision,
    "override_target": words.OverrideTarget,
    "rework_type": words.ReworkType,
    "severity": words.Severity,
    "error_type": words.ErrorType,
    "review_mode": words.ReviewMode,
    "actor_kind": words.ActorKind,
    "artifact_type": words.ArtifactType,
    "cost_basis": words.CostBasis,
}


@EVERY
def test_sample_rows_keep_the_contract(source: str) -> None:
    assert [Outcome.model_validate(row).outcome_id for row in told(source)] != []


@EVERY
def test_hostile_records_stop_nothing_and_keep_the_contract(source: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in mutants(source)), encoding="utf-8")
    result, rows = landed(sources()[source], file)
    assert (result.lines, result.records, result.rows) == (MUTANTS, MUTANTS, len(rows))
    for row in rows:
        Outcome.model_validate(row)
        assert all(map(is_plain, row.values()))


def mutants(source: str) -> list[dict[str, Any]]:
    """Records of the samples with one value somewhere replaced; the same at every run."""
    chance = random.Random(source)
    records = [record for file in sample_files(source) for record in sample(file, shape(file))]
    places = [(record, place) for record in records for place in inside(record) if place]
    return [changed(*chance.choice(places), chance.choice(HOSTILE)) for _ in range(MUTANTS)]


def inside(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield from inside(value[key], (*place, key))


def changed(record: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    mutant: Any = copy.deepcopy(record)
    parent = mutant
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    return dict(mutant)


def is_plain(value: Any) -> bool:
    """Whether it is neither infinite nor a time beyond all calendars."""
    if isinstance(value, datetime):
        return 1900 < value.year < 2200
    return not isinstance(value, float) or math.isfinite(value)


@EVERY
def test_no_free_text_reaches_a_row(source: str) -> None:
    texts = [row[name] or "" for row in told(source) for name in ("label", "reason_code", "severity_raw")]
    assert max(map(len, texts)) <= 100
    assert not any("Dear customer" in text for text in texts)


@EVERY
def test_copies_of_the_decisions_are_the_vocabulary(source: str) -> None:
    body = sources()[source].body
    copies = re.findall(r"\[([^\[\]]*'approved_with_edits'[^\[\]]*)\]", body)
    assert all(set(re.findall(r"'(\w+)'", found)) == set(words.Decision) for found in copies)


def test_copies_in_cloudevents_are_the_vocabulary() -> None:
    found = re.findall(r"name: '(\w+)', value: [\w.]+,\s+words: '([\w, ]+)'", sources()["cloudevents"].body)
    assert {name: set(listed.split(", ")) for name, listed in found} == {
        name: set(kind) for name, kind in CLOSED.items()
    }


def test_reference_ties_outcomes_of_every_slot_to_the_request(tmp_path: Path) -> None:
    """`rb1:-:6f1c6f0e-0002` stands in a slot of each of these systems; the request is in the LiteLLM sample."""
    tied = ("airflow_runs", "cloudevents", "dbt_run_results", "github_reviews", "jira_changelog", "sentry", "stripe")
    with open_ledger(tmp_path) as books:
        books.load(
            shipped.samples() / "litellm" / "litellm.jsonl", *(file for name in tied for file in sample_files(name))
        )
        books.build()
        whole = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
        aftermath.link_outcomes(books.con, [whole], aftermath.SHORTEST_HORIZON_S)
        linked = books.rows(
            """select distinct o.source_system, l.rule_id from outcome_links as l
            inner join outcomes as o using (outcome_id) where o.request_id = '6f1c6f0e-0002' order by all"""
        )
    systems = ("/claims/desk", "airflow", "dbt", "desk", "github", "jira", "sentry", "stripe")
    assert linked == [(system, "raw_request_id") for system in systems]
