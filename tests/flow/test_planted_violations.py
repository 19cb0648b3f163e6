"""One hundred violations of five kinds in fifty thousand conforming requests, across a change of the policy.

The attempts are written as the lake holds them, in a format whose log shows every attempt, and go through the steps of
a run. Both versions name other substitutes, so a request that conforms under one would breach the other.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_logs import Ledger, open_ledger

from readback.contracts import Attempt
from readback.contracts.ddl import column_names
from readback.policy.explanation import explain
from readback.policy.judging import in_force_since, judged_by
from readback.policy.loading import read_policies
from readback.policy.version import Policy
from readback.store import arrow_schema

CONFORMING = 50_000
EACH = 20
START = datetime(2026, 5, 1, tzinfo=UTC)
CHANGE = START + timedelta(days=5)
SPACING = timedelta(seconds=17)
PLANTED_EVERY = CONFORMING // (5 * EACH)

DOCUMENT = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: claims
  version: {version}
  status: active
  owner: {{team: claims, contact: "group:claims"}}
  approved_by: "role:model-risk"
  approved_at: 2026-04-01T00:00:00Z
  effective_from: {begin}
  effective_to: {end}
  review: {{cadence: 90d}}
defaults:
  undeclared_workflow: hold
  marking: {{required: true, channels: [metadata]}}
models:
  - {{id: large-1, provider: a, status: approved}}
  - {{id: large-2, provider: b, status: approved}}
  - {{id: large-3, provider: c, status: approved}}
workflow_classes:
  - id: letter
    stage: drafting
    risk: moderate
    match: {{tags: {{workflow: letters}}}}
    preferred: [large-1]
    boundary: pause
    substitutes:
      - {{target: {first}, target_kind: model, activation: automatic, triggers: [outage, throttled]}}
      - {{target: {second}, target_kind: model, activation: automatic, triggers: [outage]}}
    triggers:
      - {{id: outage, type: provider_outage}}
      - {{id: throttled, type: provider_throttled}}
"""
ORDER = {1: ("large-2", "large-3"), 2: ("large-3", "large-2")}

KINDS: dict[str, tuple[str, str]] = {
    "silent_downgrade": ("silent_downgrade", "workflow_classes[0].substitutes"),
    "silent_upgrade": ("silent_upgrade", "workflow_classes[0].preferred"),
    "wrong_order": ("wrong_order", "workflow_classes[0].substitutes[0]"),
    "missed_fallback": ("missed_fallback", "workflow_classes[0].substitutes[0]"),
    "no_logged_reason": ("cause_not_logged", "workflow_classes[0].substitutes[0].triggers"),
}
"""Each kind: the reason that must be given and the rule that must be cited."""

Row = dict[str, Any]


def policies() -> tuple[Policy, ...]:
    spans = {1: ("2026-04-01T00:00:00Z", f"{CHANGE:%Y-%m-%dT%H:%M:%SZ}"), 2: (f"{CHANGE:%Y-%m-%dT%H:%M:%SZ}", "null")}
    documents = [
        DOCUMENT.format(version=n, begin=begin, end=end, first=ORDER[n][0], second=ORDER[n][1])
        for n, (begin, end) in spans.items()
    ]
    return read_policies("---\n".join(documents).encode(), Path("policy.yaml"))


def version_at(number: int) -> int:
    return 1 if START + number * SPACING < CHANGE else 2


def kind_of(number: int) -> str | None:
    """What is planted at a place; every kind falls on both sides of the change."""
    nth, rest = divmod(number, PLANTED_EVERY)
    return list(KINDS)[nth % len(KINDS)] if rest == 137 and nth < 5 * EACH else None


def attempts(number: int) -> Iterator[Row]:
    """The attempts of one request."""
    first, second = ORDER[version_at(number)]
    failure: Row = {"model": "large-1", "status": "error", "cause": "provider_outage", "cost_usd": None}
    throttled = failure | {"cause": "provider_throttled"}
    planted = kind_of(number)
    if planted is None:
        yield from (
            [answer("large-1")],
            [failure, answer(first)],
            [throttled, answer(first)],
            [failure, failure | {"model": first}, answer(second)],
        )[0 if number % 5 else 1 + number // 5 % 3]
    else:
        yield from {
            "silent_downgrade": [failure, answer("tiny-9", is_marked=None, cost_usd=0.01)],
            "silent_upgrade": [failure, answer("giant-1", is_marked=None, cost_usd=4.0)],
            "wrong_order": [failure, answer(second)],
            "missed_fallback": [failure],
            "no_logged_reason": [answer(first, route="letters")],
        }[planted]


def answer(model: str, **changed: Any) -> Row:
    return {"model": model, "status": "ok", "cause": None, "cost_usd": 0.5, "is_marked": True} | changed


def part(number: int) -> Iterator[Row]:
    at = START + number * SPACING
    for n, told in enumerate(attempts(number)):
        begin = at + timedelta(seconds=n)
        yield {
            "attempt_id": f"{number}-{n}", "request_id": f"portkey_gateway:{number}", "source": "portkey_gateway",
            "file_id": "f", "line": number + 1, "started_at": begin, "ended_at": begin + timedelta(seconds=0.5),
            "workflow": "letters", "model_requested": told["model"], "cause": told["cause"],
            "model_served": told["model"] if told["status"] == "ok" else None, "status": told["status"],
            "cause_basis": "http_status" if told["cause"] else None, "cost_usd": told["cost_usd"],
            "is_marked": told.get("is_marked"), "chain_basis": "explicit_attempts", "weight": 1.0,
        }  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    rows = [row for number in range(CONFORMING + 5 * EACH) for row in part(number)]
    with open_ledger(tmp_path_factory.mktemp("planted")) as books:
        frame = pl.DataFrame(rows, infer_schema_length=None).to_arrow()
        schema = arrow_schema(books.con, Attempt)
        books.con.register("told", frame)
        named = ", ".join(
            f"cast({n if n in frame.column_names else 'null'} as {t}) as {n}"
            for n, t in zip(column_names(Attempt), _types(books), strict=True)
        )
        assert list(schema.names) == column_names(Attempt)
        books.con.execute("drop view if exists attempts")
        books.con.execute(f"create table attempts as select {named} from told")
        books.con.execute("insert into ledger.dirty_days select distinct cast(started_at as date) from attempts")
        books.build(policies(), as_of=START + (CONFORMING + 5 * EACH) * SPACING)
        yield books


def _types(books: Ledger) -> list[str]:
    return [str(kind) for kind in books.con.sql("from attempts limit 0").types]


FOUND = """
    select request_id, verdict, verdict_reasons, verdict_rules, policy_version, policy_digest, is_silent
    from fallback_events
    union all
    select request_id, verdict, verdict_reasons, verdict_rules, policy_version, policy_digest, false
    from unanswered_requests
"""


def number(request_id: str) -> int:
    return int(request_id.split(":")[1])


def test_every_planted_violation_is_found_as_its_kind_and_no_other(judged: Ledger) -> None:
    told = judged.rows(f"select request_id, verdict, verdict_reasons from ({FOUND}) where verdict <> 'in_policy'")
    planted = {n: str(kind_of(n)) for n in range(CONFORMING + 5 * EACH) if kind_of(n)}
    assert Counter(planted.values()) == dict.fromkeys(KINDS, EACH)
    assert {number(request_id): verdict for request_id, verdict, _ in told} == dict.fromkeys(planted, "out_of_policy")
    kinds = {reason for reason, _ in KINDS.values()}
    named = {number(request_id): kinds.intersection(reasons) for request_id, _, reasons in told}
    assert named == {n: {KINDS[kind][0]} for n, kind in planted.items()}


def test_each_violation_cites_version_digest_and_rule(judged: Ledger) -> None:
    digests = {policy.metadata.version: policy.digest for policy in policies()}
    found = judged.rows(
        f"""select request_id, verdict_reasons, verdict_rules, policy_version, policy_digest, is_silent
        from ({FOUND}) where verdict <> 'in_policy'"""
    )
    for request_id, reasons, rules, version, digest, is_silent in found:
        kind = str(kind_of(number(request_id)))
        assert KINDS[kind] in list(zip(reasons, rules, strict=True))
        assert (version, digest) == (version_at(number(request_id)), digests[version])
        assert is_silent == kind.startswith("silent")
    assert {version for _, _, _, version, *_ in found} == {1, 2}


def test_each_kind_is_explained_with_its_line_of_the_policy(judged: Ledger) -> None:
    for kind, (reason, rule) in KINDS.items():
        planted = next(n for n in range(CONFORMING) if kind_of(n) == kind)
        told = explain(judged.con, f"portkey_gateway:{planted}", policies())
        (rules,) = (link.sentences for link in told.chain if link.title == "Rules")
        assert told.is_reproduced
        assert any(f"{rule}: {reason}: " in sentence and sentence.startswith("policy.yaml:") for sentence in rules)


def test_the_policy_change_matters(judged: Ledger) -> None:
    """Conforming fallbacks of both versions would breach the other's order."""
    until = START + timedelta(days=30)
    other = [in_force_since(policy, START) for policy in policies()[:1]]
    with judged_by(judged.con, other, (START, until)):
        ((wrong,),) = judged.rows("select count(*) from verdicts where list_contains(reasons, 'wrong_order')")
    ((after,),) = judged.rows("select count(*) from fallback_events where policy_version = 2")
    assert EACH < wrong <= after


def test_judging_by_the_policy_in_force_gives_history_again(judged: Ledger) -> None:
    whole = (START, START + timedelta(days=30))
    with judged_by(judged.con, policies(), whole):
        differing = judged.rows(
            """select v.request_id from verdicts as v full outer join (
                select request_id, decision_id, is_silent, episode_id from main.fallback_events
                union all select request_id, decision_id, false, null from main.unanswered_requests
            ) as e on e.request_id = v.request_id
            where v.decision_id is distinct from e.decision_id or v.is_silent is distinct from e.is_silent"""
        )
        changed = judged.rows("select * from requests except select * from main.requests")
    assert differing == []
    assert changed == []
