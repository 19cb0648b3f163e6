"""What must hold for any log: nothing is counted twice, nothing is lost, and the way it arrives does not matter."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_logs import (
    Ledger,
    Record,
    answer,
    before_call_ids,
    cooldown,
    failure,
    fallback,
    lines,
    open_ledger,
    span_of,
    spend_rows,
)

from readback import ledger
from readback.contracts import Episode, Request
from readback.contracts.ddl import column_names
from readback.policy.loading import read_policies
from readback.policy.version import Policy

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
"""A whole log is long when it is printed, which only a failing law does."""

MIDNIGHT = datetime(2026, 10, 6, tzinfo=UTC).timestamp()
STEPS = (0, 1, 7, 25, 45, 100, 250, 290, 500, 590, 700, 1000, 4000, 20_000)
KEYS = {"requests": "request_id", "fallback_events": "fallback_id", "episodes": "episode_id"}
POLICY = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: claims
  version: 1
  status: active
  owner: {team: claims, contact: "group:oncall"}
  approved_by: "role:risk"
  approved_at: 2026-03-28T10:00:00Z
  effective_from: 2026-10-06T00:30:00Z
  review: {cadence: 90d}
defaults:
  undeclared_workflow: report_only
  marking: {required: false, label: "substitute", channels: [metadata]}
models:
  - {id: openai/gpt-4o, provider: openai, failure_domain: openai, status: approved}
  - {id: openai/gpt-4o-mini, provider: openai, failure_domain: openai, status: approved}
workflow_classes:
  - id: letter
    stage: drafting
    risk: low
    match: {tags: {workflow: letters}}
    preferred: [openai/gpt-4o]
    boundary: degrade
    substitutes:
      - {target: openai/gpt-4o-mini, target_kind: model, activation: automatic, approved_by: "role:risk",
         approved_at: 2026-03-20, expires: 2027-10-01, triggers: [outage], max_duration: 10m}
    triggers:
      - {id: outage, type: provider_outage, when: {}}
    stop_conditions: []
"""

Rows = dict[str, list[tuple[Any, ...]]]


def untold(call: str, at: float, workflow: str) -> list[Record]:
    return [failure(call, at, workflow=workflow)]


def broken_off(call: str, at: float, workflow: str) -> list[Record]:
    return [failure(call, at, workflow=workflow, completion_tokens=3, stream=True)]


def preempted(call: str, at: float, workflow: str) -> list[Record]:
    return fallback(call, at, workflow, first=cooldown)


def answered(call: str, at: float, workflow: str) -> list[Record]:
    return [answer(call, at, workflow=workflow)]


def elsewhere(call: str, at: float, workflow: str) -> list[Record]:
    """An answer by the preferred model from another provider."""
    return [answer(call, at, workflow=workflow, custom_llm_provider="azure")]


def slow(call: str, at: float, workflow: str) -> list[Record]:
    """An answer a good while after the failure, perhaps on another day."""
    return [failure(call, at, workflow=workflow), answer(call, at + 3000, "other", workflow)]


KINDS: Sequence[Callable[[str, float, str], list[Record]]] = (
    answered, answered, elsewhere, fallback, fallback, preempted, untold, broken_off, slow,
)  # fmt: skip
EVENTS = st.lists(
    st.tuples(st.sampled_from(STEPS), st.sampled_from(KINDS), st.sampled_from(["letters", "claims"])),
    min_size=4,
    max_size=50,
)


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """A log of some workflows around midnight, in which every stretch of time may be quiet or busy."""
    records: list[Record] = []
    at = MIDNIGHT - draw(st.sampled_from([0, 200, 900, 3600]))
    for number, (step, kind, workflow) in enumerate(draw(EVENTS)):
        at += step
        records += kind(f"c{number:02}", at, workflow)
    return records


LOGS = logs()
POLICIES = st.sampled_from([(), read_policies(POLICY.encode(), Path("policy.yaml"))])


def law(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A few examples: each reads whole logs."""
    return settings(deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck))


def built(arrivals: Iterable[Sequence[Sequence[Record]]], policies: Sequence[Policy] = ()) -> Rows:
    """The rows after logs arrived: run by run, file by file."""
    with TemporaryDirectory() as root, open_ledger(Path(root)) as books:
        for run, files in enumerate(arrivals):
            for number, records in enumerate(files):
                if records:
                    books.load_bytes(lines(records), f"{run}-{number}.jsonl")
            assert ledger.imbalance(books.con) == []
            books.build(policies)
        return rows(books)


def rows(books: Ledger) -> Rows:
    return {table: books.rows(f"select * from {table} order by {key}") for table, key in KEYS.items()}


def shuffled(records: Sequence[Record], seed: int) -> list[Record]:
    mixed = list(records)
    random.Random(seed).shuffle(mixed)
    return mixed


def written_on(record: Record) -> date:
    return datetime.fromtimestamp(record["endTime"], UTC).date()


@given(LOGS, POLICIES)
@law(6)
def test_duplicating_every_file_changes_nothing(records: list[Record], policies: Sequence[Policy]) -> None:
    twice = [[records, [*records, *records]], [[dict(reversed(record.items())) for record in records]]]
    assert built(twice, policies) == built([[records]], policies)


@given(LOGS, POLICIES, st.randoms(use_true_random=False))
@law(6)
def test_splitting_a_log_in_two_files_changes_nothing(
    records: list[Record], policies: Sequence[Policy], chance: random.Random
) -> None:
    first = [record for record in records if chance.random() < 0.5]
    second = [record for record in records if record not in first]
    assert built([[first, second]], policies) == built([[records]], policies)


@given(LOGS, POLICIES, st.integers(0, 1000))
@law(6)
def test_shuffling_lines_changes_nothing(records: list[Record], policies: Sequence[Policy], seed: int) -> None:
    assert built([[shuffled(records, seed)]], policies) == built([[records]], policies)


@given(LOGS, POLICIES)
@law(6)
def test_loading_day_by_day_is_loading_at_once(records: list[Record], policies: Sequence[Policy]) -> None:
    days = sorted({written_on(record) for record in records})
    by_day = [[[record for record in records if written_on(record) == day]] for day in days]
    assert built(by_day, policies) == built([[records]], policies)


@given(LOGS, POLICIES)
@law(6)
def test_second_witness_of_every_answer_changes_no_count(records: list[Record], policies: Sequence[Policy]) -> None:
    spans = [span_of(record) for record in records if record["status"] == "success"]
    counted = "request_id, is_fallback, served_model, attempt_count, retry_count, first_cause, cost_usd, input_tokens"
    with TemporaryDirectory() as one, TemporaryDirectory() as both, open_ledger(Path(one)) as alone:
        alone.load_bytes(lines(records))
        alone.build(policies)
        with open_ledger(Path(both)) as books:
            books.load_bytes(lines(records))
            books.load_bytes(lines(spans), "spans.jsonl")
            books.build(policies)
            asked = f"select {counted} from requests order by request_id"
            assert books.rows(asked) == alone.rows(asked)
            ours = rows(alone)["fallback_events"], rows(alone)["episodes"]
            assert (rows(books)["fallback_events"], rows(books)["episodes"]) == ours
            answered_by = "select count(*) from requests where served_by <> 'nobody' and not is_partial"
            seen_twice = "select count(*) from requests where other_sources = ['otlp']"
            assert books.rows(seen_twice) == books.rows(answered_by)


def test_mark_that_only_the_second_witness_saw_is_kept(tmp_path: Path) -> None:
    records = slow("c0", MIDNIGHT, "letters")
    marked = [span_of(record, **{"readback.marked": "true"}) for record in records if record["status"] == "success"]
    with open_ledger(tmp_path) as books:
        books.load_bytes(lines(records))
        books.load_bytes(lines(marked), "spans.jsonl")
        books.build(())
        assert books.rows("select is_marked, other_sources from requests") == [(True, ["otlp"])]
        assert books.rows("select is_silent from fallback_events") == [(False,)]


@given(LOGS, POLICIES, st.sampled_from([dict, before_call_ids]))
@law(5)
def test_spend_log_beside_the_payloads_changes_no_count(
    records: list[Record], policies: Sequence[Policy], as_written: Callable[[Record], Record]
) -> None:
    payloads = [as_written(record) for record in records]
    with TemporaryDirectory() as both, open_ledger(Path(both)) as books:
        books.load_bytes(lines(spend_rows(payloads)), "spend.jsonl", source="litellm_spend")
        books.load_bytes(lines(payloads), source="litellm")
        books.build(policies)
        found = rows(books)
        assert books.rows("select count(*) from requests where other_sources = ['litellm_spend']") != [(0,)]
    alone = built([[payloads]], policies)
    other = column_names(Request).index("other_sources")
    bare = [row[:other] + (None,) + row[other + 1 :] for row in found["requests"]]
    assert found | {"requests": bare} == alone


@given(LOGS, POLICIES, st.randoms(use_true_random=False))
@law(10)
def test_late_file_changes_nothing_but_the_time_when_it_is_known(
    records: list[Record], policies: Sequence[Policy], chance: random.Random
) -> None:
    late = [record for record in records if chance.random() < 0.3]
    in_time = [record for record in records if record not in late]
    assert built([[in_time], [late]], policies) == built([[records]], policies)


@given(LOGS)
@law(5)
def test_preferred_answer_never_raises_the_frequency_of_fallbacks(records: list[Record]) -> None:
    def share(found: Rows) -> float:
        told = [bool(row[column]) for row in found["requests"] if row[column] is not None]
        return sum(told) / max(len(told), 1)

    column = column_names(Request).index("is_fallback")
    more = [*records, answer("more", MIDNIGHT + 60, workflow="claims")]
    assert share(built([[more]])) <= share(built([[records]]))


@given(LOGS)
@law(5)
def test_window_that_begins_a_day_later_tells_the_same_episodes(records: list[Record]) -> None:
    """An episode that begins well inside the later window is in both, to the last column."""
    whole = built([[records]])
    later = [record for record in records if record["startTime"] >= MIDNIGHT]
    inside = datetime.fromtimestamp(MIDNIGHT, UTC) + timedelta(hours=1)
    opened = column_names(Episode).index("opened_at")
    found = built([[later]])["episodes"] if later else []
    assert [row for row in found if row[opened] > inside] == [row for row in whole["episodes"] if row[opened] > inside]


@given(LOGS, st.lists(st.binary(max_size=30), max_size=20), st.integers(0, 1000))
@law(8)
def test_ledger_balances_whatever_stands_between_the_records(
    records: list[Record], junk: list[bytes], seed: int
) -> None:
    mixed = [lines([record])[:-1] for record in records] + junk
    random.Random(seed).shuffle(mixed)
    content = b"\n".join([lines([records[0]])[:-1], *mixed])
    with TemporaryDirectory() as root, open_ledger(Path(root)) as books:
        entry = books.load_bytes(content)
        assert entry.lines == sum(bool(part.strip()) for part in content.split(b"\n"))
        assert ledger.imbalance(books.con) == []
        assert (entry.row_lines, entry.duplicate_lines) == (len(records), 1)
