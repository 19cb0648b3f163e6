"""The judge on a small log: late switches, another policy, and what another policy may not change."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_logs import NOON, Ledger, answer, failure, fallback, lines, open_ledger

from readback.policy.judging import in_force_since, judged_by
from readback.policy.loading import read_policies
from readback.policy.version import Policy

DAY = (datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC))
TEXT = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: letters
  version: 1
  status: active
  owner: {team: t, contact: "group:t"}
  effective_from: 2026-10-01T00:00:00Z
defaults: {undeclared_workflow: hold, marking: {required: false}}
models:
  - {id: gpt-4o, aliases: [big], provider: openai, status: approved}
  - {id: gpt-4o-mini, aliases: [small], provider: openai, status: approved}
lanes: [{id: queue, kind: hold, max_wait: 1h, on_expiry: escalate}]
workflow_classes:
  - id: letter
    stage: drafting
    risk: low
    match: {tags: {workflow: letters}}
    preferred: [gpt-4o]
    boundary: pause
    substitutes:
      - {target: gpt-4o-mini, target_kind: model, activation: automatic, triggers: [outage]}
    triggers: [{id: outage, type: provider_outage}]
"""


def policy(*changes: tuple[str, str]) -> Policy:
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return read_policies(text.encode(), Path("policy.yaml"))[0]


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    """An answer, a fallback, a failure, and an answer of another workflow."""
    calls = [
        answer("a"),
        *fallback("b", NOON + 60),
        failure("c", NOON + 120),
        answer("d", NOON + 180, workflow="notes"),
    ]
    with open_ledger(tmp_path) as ledger:
        ledger.load_bytes(lines(calls))
        ledger.build([policy()])
        yield ledger


def verdicts(books: Ledger) -> dict[str, tuple[str, list[str]]]:
    told = books.rows("select request_id, verdict, reasons from verdicts order by all")
    return {request_id.removeprefix("litellm:"): (verdict, reasons) for request_id, verdict, reasons in told}


def published(books: Ledger) -> dict[str, tuple[str, list[str]]]:
    told = books.rows("select request_id, verdict, verdict_reasons from fallback_events order by all")
    return {request_id.removeprefix("litellm:"): (verdict, reasons) for request_id, verdict, reasons in told}


def switch(books: Ledger, at: str, is_enabled: bool = False) -> None:
    books.con.execute(
        """insert into admin_changes by name select ? as change_id, 'openai_audit' as source, 'openai' as provider,
        'openai/gpt-4o-mini-2024-07-18' as model, ?::boolean as is_enabled, ?::timestamptz as seen_at, 'f' as file_id,
        1 as line""",
        [at, is_enabled, at],
    )


def test_a_fallback_to_an_approved_substitute_is_in_policy(books: Ledger) -> None:
    assert published(books) == {"b": ("in_policy", [])}


def test_a_switch_that_is_told_late_judges_again(books: Ledger) -> None:
    switch(books, "2026-10-05 11:00:00+00")
    books.build([policy()])
    assert published(books) == {"b": ("out_of_policy", ["admin_denied_target"])}


def test_a_switch_after_the_fallback_changes_nothing(books: Ledger) -> None:
    switch(books, "2026-10-05 13:00:00+00")
    books.build([policy()])
    assert published(books) == {"b": ("in_policy", [])}


def test_the_latest_switch_counts(books: Ledger) -> None:
    switch(books, "2026-10-05 10:00:00+00")
    switch(books, "2026-10-05 11:00:00+00", is_enabled=True)
    books.build([policy()])
    assert published(books) == {"b": ("in_policy", [])}


def test_a_failure_of_which_the_log_shows_no_more_is_not_judged_a_miss(books: Ledger) -> None:
    assert books.rows("select verdict, verdict_reasons from unanswered_requests") == [
        ("indeterminate", ["evidence_missing"])
    ]


def test_a_candidate_judges_the_logged_requests(books: Ledger) -> None:
    candidate = policy(("activation: automatic", "activation: on_approval"))
    with judged_by(books.con, [candidate], DAY):
        assert verdicts(books)["b"] == ("out_of_policy", ["activation_not_granted"])
    assert published(books) == {"b": ("in_policy", [])}


def test_a_candidate_that_prefers_the_substitute_sees_the_other_as_the_fallback(books: Ledger) -> None:
    candidate = policy(
        ("preferred: [gpt-4o]", "preferred: [small]"),
        ("target: gpt-4o-mini", "target: gpt-4o"),
    )
    with judged_by(books.con, [candidate], DAY):
        sides = dict(books.rows("select request_id, is_fallback from requests"))
        assert (sides["litellm:a"], sides["litellm:b"]) == (True, False)
        assert verdicts(books)["a"] == ("indeterminate", ["cause_not_logged"])


def test_a_candidate_may_name_models_otherwise(books: Ledger) -> None:
    candidate = policy(("id: gpt-4o-mini, aliases: [small]", "id: small, aliases: [gpt-4o-mini]"))
    with judged_by(books.con, [candidate], DAY):
        assert verdicts(books)["b"] == ("in_policy", [])


def test_a_draft_judges_only_as_if_it_were_in_force(books: Ledger) -> None:
    draft = policy(("status: active", "status: draft"))
    with judged_by(books.con, [draft], DAY):
        assert verdicts(books)["b"] == ("indeterminate", ["no_policy"])
    with judged_by(books.con, [in_force_since(draft, DAY[0])], DAY):
        assert verdicts(books)["b"] == ("in_policy", [])
    assert in_force_since(draft, DAY[0]).digest == draft.digest


def test_every_name_means_afterwards_what_it_meant_before(books: Ledger) -> None:
    before = books.rows("select * from requests order by all")
    with pytest.raises(RuntimeError), judged_by(books.con, [], DAY):
        raise RuntimeError
    assert books.rows("select * from requests order by all") == before
    assert books.rows("select count(*) from policies") == [(1,)]
