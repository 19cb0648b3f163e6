"""Requests that the samples of self-hosted gateways give: who was preferred, who answered, and why."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from small_logs import open_ledger
from source_samples import landed, sample_files

from readback.policy.loading import read_policies
from readback.sources import sources

PREFERRED = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: desk
  version: 1
  status: active
  owner: {team: desk, contact: "group:desk"}
  approved_by: "role:risk"
  approved_at: 2026-03-28T10:00:00Z
  effective_from: 2026-10-01T00:00:00Z
  review: {cadence: 90d}
defaults:
  undeclared_workflow: report_only
  marking: {required: false, label: "substitute", channels: [metadata]}
models:
  - {id: openai/gpt-4.1, provider: openai, failure_domain: openai, status: approved}
  - {id: openai/gpt-4.1-mini, aliases: [gpt_4_1_mini], provider: openai, failure_domain: openai, status: approved}
  - {id: claude-haiku-4-5, aliases: [claude_haiku], provider: anthropic, failure_domain: anthropic, status: approved}
workflow_classes:
  - {id: mail, stage: drafting, risk: low, match: {routes: [mail-triage, triage_mail]},
     preferred: [openai/gpt-4.1-mini], boundary: degrade, substitutes: [], triggers: [], stop_conditions: []}
  - {id: faq, stage: drafting, risk: low, match: {tags: {workflow: faq-bot}}, preferred: [openai/gpt-4.1],
     boundary: degrade, substitutes: [], triggers: [], stop_conditions: []}
"""

Row = dict[str, Any]


@cache
def requests(source: str, policy: str | None = None) -> dict[str, Row]:
    """The requests of a connector's samples, by the id that the log gives them."""
    policies = () if policy is None else read_policies(policy.encode(), Path("policy.yaml"))
    with TemporaryDirectory() as root, open_ledger(Path(root)) as books:
        books.load(*sample_files(source))
        books.build(policies)
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return {row["request_id"].removeprefix(f"{source}:"): row for row in rows}


def told(source: str, request: str) -> tuple[bool | None, str | None, str | None, str | None, str | None]:
    """is_fallback, preferred model, served model, first cause, detection."""
    row = requests(source)[request]
    return row["is_fallback"], row["preferred_model"], row["served_model"], row["first_cause"], row["detection"]


SPEND = {
    "5d0c-0001": (False, "gpt-4.1", "gpt-4.1", None, None),
    "5d0c-0003": (False, "gpt-4.1", "gpt-4.1", None, None),
    "5d0c-0004": (True, "gpt-4.1", "claude-sonnet-4-5", None, "explicit"),
    "5d0c-0005": (True, "gpt-4.1", "gpt-4.1-mini", None, "explicit"),
    "5d0c-0006": (None, "gpt-4.1", None, "provider_outage", None),
    "5d0c-0008": (True, "gpt-4.1", "claude-sonnet-4-5", None, "explicit"),
    "5d0c-0011": (None, "gpt-4.1", None, "gateway_limit", None),
    "chatcmpl-old1": (None, "gpt-4.1", "gpt-4.1", None, None),
    "chatcmpl-old2": (None, "claude-sonnet-4-5", "claude-sonnet-4-5", None, None),
    "77aa-0003": (None, "gpt-4.1", None, "provider_outage", None),
}


@pytest.mark.parametrize("request_id", SPEND)
def test_litellm_spend(request_id: str) -> None:
    assert told("litellm_spend", request_id) == SPEND[request_id]


def test_litellm_spend_counts_no_call_twice_for_a_billed_earlier_attempt() -> None:
    assert [key for key in requests("litellm_spend") if key.startswith(("5d0c-0015", "5d0c-0016"))] == ["5d0c-0016"]


def portkey(number: int) -> str:
    return f"7c1e{number:04d}-0000-4000-8000-000000000000"


PORTKEY = {
    1: (False, "gpt-4.1-mini", "gpt-4.1-mini", None, None),
    2: (True, "gpt-4.1-mini", "claude-haiku-4-5", "provider_throttled", "attempt_chain"),
    4: (True, "gpt-4.1-mini", "mistral-small", "provider_outage", "attempt_chain"),
    5: (True, "gpt-4.1-mini", None, "provider_outage", "attempt_chain"),
    6: (True, "gpt-4.1-mini", "claude-haiku-4-5", "latency_breach", "attempt_chain"),
    9: (True, "gpt-4.1-mini", "mistral-small", "cost_ceiling", "attempt_chain"),
    12: (False, "gpt-4.1-mini", None, "auth", None),
    13: (False, "gpt-4.1-mini", None, "content_policy", None),
    15: (False, "mistral-small", "mistral-small", None, None),
    16: (True, "mistral-small", "claude-haiku-4-5", "provider_outage", "attempt_chain"),
}


@pytest.mark.parametrize("number", PORTKEY)
def test_portkey_gateway(number: int) -> None:
    assert told("portkey_gateway", portkey(number)) == PORTKEY[number]


EXPORT = {
    "tr-1/pc-triage": (None, "gpt-4.1-mini", "gpt-4.1-mini", None, None),
    "tr-2/pc-triage": (True, "gpt-4.1-mini", "claude-haiku-4-5", "provider_outage", "attempt_chain"),
    "tr-3/pc-triage": (True, "gpt-4.1-mini", None, "provider_throttled", "attempt_chain"),
    "tr-4/pc-triage": (True, "gpt-4.1-mini", "claude-haiku-4-5", "latency_breach", "attempt_chain"),
    "tr-7/pc-triage": (None, "gpt-4.1-mini", None, "content_policy", None),
    "pk-010": (None, "gpt-4.1-mini", "gpt-4.1-mini", None, None),
}


@pytest.mark.parametrize("request_id", EXPORT)
def test_portkey_export(request_id: str) -> None:
    assert told("portkey_export", request_id) == EXPORT[request_id]


def test_portkey_export_keeps_two_prompts_of_one_trace_apart() -> None:
    assert {"tr-11/classify", "tr-11/summarize"} <= set(requests("portkey_export"))
    assert not any(row["is_fallback"] for key, row in requests("portkey_export").items() if key.startswith("tr-11"))


def test_portkey_export_reads_cents_of_us_dollars_only() -> None:
    assert requests("portkey_export")["tr-1/pc-triage"]["cost_usd"] == pytest.approx(0.00042)
    assert requests("portkey_export")["tr-10/pc-triage"]["cost_usd"] is None


ENVOY = {
    "eg-0001": (False, "gpt-4.1", "gpt-4.1", None, None),
    "eg-0003": (False, "gpt-4.1", "gpt-4.1", None, None),
    "eg-0004": (True, "gpt-4.1", "claude-sonnet-4-5", None, "explicit"),
    "eg-0006": (True, "gpt-4.1", "claude-sonnet-4-5", None, "preemptive"),
    "eg-0007": (None, "gpt-4.1", None, "provider_outage", None),
    "eg-0011": (None, "gpt-4.1", None, "gateway_limit", None),
    "eg-0014": (False, "gpt-4.1", "gpt-4.1", None, None),
}


@pytest.mark.parametrize("request_id", ENVOY)
def test_envoy_ai_gateway(request_id: str) -> None:
    assert told("envoy_ai_gateway", request_id) == ENVOY[request_id]


KONG = {
    "kong0001": (None, "gpt-4.1-mini", "gpt-4.1-mini", None, None),
    "kong0002": (False, "gpt-4.1-mini", "gpt-4.1-mini", None, None),
    "kong0003": (False, "gpt-4.1-mini", "gpt-4.1-mini", "provider_outage", None),
    "kong0004": (True, "gpt-4.1-mini", "mistral-small", "provider_throttled", "attempt_chain"),
    "kong0005": (True, "gpt-4.1-mini", "claude-haiku-4-5", "provider_outage", "attempt_chain"),
    "kong0006": (True, "gpt-4.1-mini", "mistral-small", "provider_outage", "attempt_chain"),
    "kong0007": (True, "gpt-4.1-mini", "mistral-small", "latency_breach", "attempt_chain"),
    "kong0008": (True, "gpt-4.1-mini", None, "provider_outage", "attempt_chain"),
    "kong0009": (False, "gpt-4.1-mini", None, "provider_throttled", None),
    "kong0011": (True, "gpt-4.1-mini", "claude-haiku-4-5", "provider_outage", "attempt_chain"),
    "kong0017": (None, "claude-haiku-4-5", "claude-haiku-4-5", None, None),
}


@pytest.mark.parametrize("request_id", KONG)
def test_kong_ai_gateway(request_id: str) -> None:
    assert told("kong_ai_gateway", request_id) == KONG[request_id]


def test_kong_counts_retries_at_one_host_and_hops_over_targets() -> None:
    counts = {key: (row["retry_count"], row["fallback_count"]) for key, row in requests("kong_ai_gateway").items()}
    assert counts["kong0003"] == (1, 0)
    assert counts["kong0005"] == (0, 2)
    assert counts["kong0011"] == (None, None)


BIFROST = {
    "b-01": (False, "gpt-4.1", "gpt-4.1", None, None),
    "b-04": (True, "gpt-4.1", "claude-sonnet-4-5", "provider_throttled", "attempt_chain"),
    "b-05": (True, "gpt-4.1", "gemini-2.5-flash", "provider_outage", "attempt_chain"),
    "b-06": (True, "gpt-4.1", None, "provider_outage", "attempt_chain"),
    "b-07": (True, "gpt-4.1", "claude-sonnet-4-5", "latency_breach", "attempt_chain"),
    "b-09": (False, "gpt-4.1", None, "gateway_limit", None),
    "b-10": (False, "gpt-4.1", None, "cost_ceiling", None),
}


@pytest.mark.parametrize("request_id", BIFROST)
def test_bifrost(request_id: str) -> None:
    assert told("bifrost", request_id) == BIFROST[request_id]


def test_bifrost_reads_a_parent_without_an_index_as_a_session() -> None:
    row = requests("bifrost")["b-03"]
    assert (row["session_id"], row["is_fallback"]) == ("matter-17", False)


def test_bifrost_tells_a_hop_whose_primary_row_is_missing() -> None:
    row = requests("bifrost")["b-14"]
    assert (row["is_fallback"], row["detection"], row["served_model"]) == (True, "explicit", "claude-sonnet-4-5")


@pytest.mark.parametrize("source", ["tensorzero", "helicone"])
def test_log_of_winners_neither_claims_nor_denies_a_fallback(source: str) -> None:
    answered = [row for row in requests(source).values() if row["served_model"] is not None]
    assert len(answered) > 4
    assert {row["is_fallback"] for row in answered} == {None}
    assert {row["not_derivable_reason"] for row in answered} == {
        "one row per call, and no policy that names the preferred model"
    }


def test_policy_shows_the_substitutes_of_tensorzero() -> None:
    rows = requests("tensorzero", PREFERRED).values()
    told = [(row["served_model"], row["is_fallback"]) for row in rows if row["workflow_class"] == "mail"]
    assert set(told) == {("openai/gpt-4.1-mini", False), ("claude-haiku-4-5", True)}


def test_a_name_of_tensorzero_that_the_policy_does_not_know_is_no_fallback_and_no_denial() -> None:
    unnamed = PREFERRED.replace("aliases: [claude_haiku]", "aliases: [other_haiku]")
    rows = [row for row in requests("tensorzero", unnamed).values() if row["served_model"] == "claude_haiku"]
    assert {row["is_fallback"] for row in rows if row["workflow_class"] == "mail"} == {None}


def test_policy_shows_the_substitutes_of_helicone() -> None:
    rows = requests("helicone", PREFERRED).values()
    told = [(row["served_model"], row["is_fallback"]) for row in rows if row["served_model"] is not None]
    assert set(told) == {("openai/gpt-4.1", False), ("claude-sonnet-4-5", True)}


def test_policy_shows_a_target_that_kongs_circuit_breaker_passed_over() -> None:
    row = requests("kong_ai_gateway", PREFERRED)["kong0017"]
    assert (row["is_fallback"], row["detection"], row["first_cause"]) == (True, "preemptive", None)


def test_helicone_row_written_twice_is_one_request() -> None:
    assert requests("helicone")["8d000001-0000-4000-8000-000000000000"]["attempt_count"] == 1


def test_helicone_reads_billionths_of_a_dollar_and_no_cost_of_a_hit() -> None:
    costs = {key: row["cost_usd"] for key, row in requests("helicone").items()}
    assert costs["8d000001-0000-4000-8000-000000000000"] == pytest.approx(0.0021)
    assert costs["8d000010-0000-4000-8000-000000000000"] is None


def test_helicone_export_shows_a_substitute_of_its_list_and_denies_none() -> None:
    found = {key[6:8]: row["is_fallback"] for key, row in requests("helicone_export").items()}
    assert (found["02"], found["01"], found["03"]) == (True, None, None)
    assert told("helicone_export", "8e000002-0000-4000-8000-000000000000")[1:3] == ("gpt-4.1", "claude-sonnet-4-5")


def test_helicone_call_of_table_and_export_is_counted_once(tmp_path: Path) -> None:
    (export,) = sample_files("helicone_export")
    called = json.loads(export.read_text("utf-8").splitlines()[0])
    (table,) = sample_files("helicone")
    row = json.loads(table.read_text("utf-8").splitlines()[0])
    same = ("request_id", "request_created_at", "model", "prompt_tokens")
    with open_ledger(tmp_path) as books:
        books.load(export)
        books.load_bytes(
            json.dumps(row | {key: called[key] for key in same} | {"cost": 2100000}).encode(), "table.jsonl"
        )
        books.build()
        assert books.rows("select source, other_sources from requests where other_sources is not null") == [
            ("helicone_export", ["helicone"])
        ]


def test_tensorzero_tells_the_whole_wait_of_a_rescued_call() -> None:
    waits = {row["deployment"]: row["duration_ms"] for row in requests("tensorzero").values()}
    assert waits["claude_fallback/claude_haiku/anthropic"] == 3120


def test_tensorzero_feedback_names_its_inference_or_episode_as_the_log_does() -> None:
    (log,) = sample_files("tensorzero")
    (feedback,) = sample_files("tensorzero_feedback")
    runs = landed(sources()["tensorzero"], log)[1]
    inferences, episodes = {row["trace_id"] for row in runs}, {row["session_id"] for row in runs} - {None}
    told = landed(sources()["tensorzero_feedback"], feedback)[1]
    assert len(told) == 6
    assert all((row["trace_id"] in inferences) != (row["session_id"] in episodes) for row in told)


def test_tensorzero_demonstration_is_rework_of_the_call_that_a_substitute_answered() -> None:
    (feedback,) = sample_files("tensorzero_feedback")
    (rework,) = [row for row in landed(sources()["tensorzero_feedback"], feedback)[1] if row["kind"] == "rework"]
    rescued = [row for row in requests("tensorzero", PREFERRED).values() if row["trace_id"] == rework["trace_id"]]
    assert [row["is_fallback"] for row in rescued] == [True]


def span(response_id: str) -> bytes:
    """An application's own span of a call, five seconds after 08:58:00 on 5 October."""
    facts = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1", "gen_ai.response.id": response_id}
    start = int(datetime(2026, 10, 5, 8, 58, 5, tzinfo=UTC).timestamp())
    told = {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "startTimeUnixNano": f"{start}000000000",
        "endTimeUnixNano": f"{start + 2}000000000",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in facts.items()],
    }
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [told]}]}]}).encode() + b"\n"


@pytest.mark.parametrize(("response_id", "count"), [("chatcmpl-sp0001", 0), ("chatcmpl-unheard-of", 1)])
def test_application_that_saw_a_spend_log_row_too_is_not_counted_again(
    response_id: str, count: int, tmp_path: Path
) -> None:
    with open_ledger(tmp_path) as books:
        books.load(*sample_files("litellm_spend"))
        books.load_bytes(span(response_id), "spans.jsonl")
        books.build()
        (found,) = books.rows("select count(*) from requests where source = 'otlp'")
    assert found == (count,)
