"""Requests derived from the samples of providers' own logs: what they prove, and what they leave open."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_logs import open_ledger
from source_samples import landed, sample_files

from readback.policy.loading import load_policies
from readback.policy.version import Policy
from readback.settings import Settings
from readback.sources import sources

Row = dict[str, Any]
NAMES = ("is_fallback", "preferred_model", "served_model", "served_by", "first_cause", "detection")


def requests(source: str, root: Path, policies: Sequence[Policy] = ()) -> dict[str, Row]:
    """The requests of a sample by their own ids."""
    with open_ledger(root, Settings()) as books:
        books.load(*sample_files(source))
        books.build(policies)
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return {row["request_id"].removeprefix(f"{source}:"): row for row in rows}


def told(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in NAMES)


@pytest.fixture(scope="module")
def anthropic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return requests("anthropic_messages", tmp_path_factory.mktemp("anthropic"))


OPUS, SONNET, HAIKU = "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("request_id", "expected"),
    [
        ("msg_rb004", (True, OPUS, SONNET, "substitute", "content_policy", "attempt_chain")),
        ("msg_rb006", (True, OPUS, HAIKU, "substitute", "content_policy", "attempt_chain")),
        ("msg_rb007", (True, OPUS, SONNET, "substitute", "content_policy", "attempt_chain")),
        ("msg_rb008", (None, SONNET, None, "nobody", "content_policy", None)),
    ],
)
def test_refusal_is_a_failure_although_http_says_200(
    anthropic: dict[str, Row], request_id: str, expected: tuple[Any, ...]
) -> None:
    assert told(anthropic[request_id]) == expected


def test_turn_pinned_to_the_substitute_is_a_fallback_without_a_block(anthropic: dict[str, Row]) -> None:
    assert told(anthropic["msg_rb005"]) == (True, OPUS, SONNET, "substitute", None, "explicit")


def test_substitute_that_could_not_be_reached_is_a_failed_fallback(anthropic: dict[str, Row]) -> None:
    row = anthropic["msg_rb009"]
    assert told(row) == (True, OPUS, None, "nobody", "content_policy", "attempt_chain")
    assert row["chain"] == [OPUS, SONNET]


def test_every_hop_stands_in_the_chain_in_order(anthropic: dict[str, Row]) -> None:
    assert anthropic["msg_rb006"]["chain"] == [OPUS, SONNET, HAIKU]
    assert anthropic["msg_rb006"]["fallback_count"] == 2


def test_response_that_filled_the_window_is_partial(anthropic: dict[str, Row]) -> None:
    row = anthropic["msg_rb010"]
    assert (row["is_partial"], row["first_cause"]) == (True, "context_window")


def test_several_rounds_of_one_model_are_no_fallback(anthropic: dict[str, Row]) -> None:
    row = anthropic["msg_rb011"]
    assert (row["is_fallback"], row["attempt_count"], row["input_tokens"]) == (None, 1, 500)


@pytest.mark.parametrize(
    ("request_id", "cause"),
    [
        ("req_rb012", "provider_throttled"),
        ("req_rb013", "provider_outage"),
        ("req_rb015", "latency_breach"),
        ("req_rb016", "cost_ceiling"),
        ("req_rb017", "context_window"),
        ("req_rb018", "auth"),
        ("req_rb019", "context_window"),
    ],
)
def test_error_of_anthropic_has_its_cause(anthropic: dict[str, Row], request_id: str, cause: str) -> None:
    assert (anthropic[request_id]["served_by"], anthropic[request_id]["first_cause"]) == ("nobody", cause)


def test_attempts_of_one_call_id_are_one_request(anthropic: dict[str, Row]) -> None:
    row = anthropic["call-31"]
    assert told(row) == (True, SONNET, HAIKU, "substitute", "provider_outage", "attempt_chain")
    assert (row["attempt_count"], row["retry_count"], row["added_latency_ms"]) == (3, 1, 4000.0)
    assert anthropic["call-34"]["is_fallback"] is False


@pytest.fixture(scope="module")
def openai(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return requests("openai_api", tmp_path_factory.mktemp("openai"))


@pytest.mark.parametrize(
    ("request_id", "expected"),
    [
        ("call-10", (True, "gpt-4.1", "gpt-4.1-mini", "substitute", "provider_outage", "attempt_chain")),
        ("call-13", (False, "gpt-4.1", "gpt-4.1", "preferred", None, None)),
        ("call-14", (False, "gpt-4.1", None, "nobody", "provider_outage", None)),
        ("chatcmpl-app01", (None, "gpt-4.1", "gpt-4.1", None, None, None)),
        ("chatcmpl-app24", (True, "gpt-4.1", "gpt-4.1-nano", "substitute", None, "provider_declared")),
        ("resp_app21", (None, "gpt-4.1", None, "nobody", "provider_outage", None)),
        ("resp_app22", (None, "gpt-4.1", None, "nobody", "content_policy", None)),
    ],
)
def test_call_of_openai_is_judged_by_what_its_attempts_show(
    openai: dict[str, Row], request_id: str, expected: tuple[Any, ...]
) -> None:
    assert told(openai[request_id]) == expected


def test_two_rows_of_azure_are_one_attempt_with_its_tokens(tmp_path: Path) -> None:
    rows = requests("azure_openai", tmp_path)
    first = rows["7f6c2c1e-0000-4000-8000-000000000001"]
    assert (first["attempt_count"], first["input_tokens"], first["output_tokens"]) == (1, 640, 92)
    assert first["duration_ms"] == 812.0
    assert len(rows) == 12


def test_azure_rows_of_log_analytics_are_the_calls_of_the_blobs(tmp_path: Path) -> None:
    blobs, table = (requests(name, tmp_path / name) for name in ("azure_openai", "azure_openai_analytics"))
    facts = ("started_at", "duration_ms", "served_model", "first_cause", "route", "input_tokens", "output_tokens")
    for key in (f"f6c2c1e-0000-4000-8000-{number:012}" for number in (1, 2, 3, 5, 9, 10)):
        assert [table[f"8{key}"][fact] for fact in facts] == [blobs[f"7{key}"][fact] for fact in facts]


def test_azure_call_of_blobs_and_log_analytics_is_counted_once(tmp_path: Path) -> None:
    (blobs,), (table,) = sample_files("azure_openai"), sample_files("azure_openai_analytics")
    same = table.read_text("utf-8").replace("8f6c2c1e", "7f6c2c1e")
    with open_ledger(tmp_path) as books:
        books.load(blobs)
        books.load_bytes(same.encode(), "table.jsonl")
        books.build()
        told = books.rows("select other_sources, count(*) from requests group by all order by 2 desc")
        assert told[0] == (["azure_openai_analytics"], 11)


def test_azure_router_is_no_fallback_and_names_what_answered(tmp_path: Path) -> None:
    row = requests("azure_openai", tmp_path)["7f6c2c1e-0000-4000-8000-000000000010"]
    assert (row["route"], row["served_model"], row["is_fallback"]) == ("model-router", "gpt-5-mini", None)


def test_azure_log_never_says_that_nothing_happened(tmp_path: Path) -> None:
    assert {row["is_fallback"] for row in requests("azure_openai", tmp_path).values()} == {None}


def test_batch_answer_of_another_model_than_asked_is_a_fallback(tmp_path: Path) -> None:
    rows = requests("openai_batch", tmp_path)
    asked, other = rows["batch_req_rb001"], rows["batch_req_rb005"]
    assert told(other) == (True, "gpt-4.1", "gpt-4.1-mini", "substitute", None, "provider_declared")
    assert asked["is_fallback"] is None


def test_batch_request_out_of_time_was_too_late(tmp_path: Path) -> None:
    rows = requests("openai_batch", tmp_path)
    assert rows["batch_req_rb016"]["first_cause"] == "latency_breach"
    assert rows["batch_req_rb011"]["first_cause"] == "cost_ceiling"


def test_vertex_answer_of_another_model_is_declared_by_the_provider(tmp_path: Path) -> None:
    rows = requests("vertex_ai", tmp_path)
    assert told(rows["5374205265901353905"]) == (
        True, "gemini-2.5-pro", "gemini-2.5-flash", "substitute", None, "provider_declared"
    )  # fmt: skip
    assert rows["5374205265901353904"]["served_model"] == SONNET
    assert rows["5374205265901353906"]["first_cause"] == "content_policy"


def test_two_entries_of_one_google_call_are_one_attempt_with_a_duration(tmp_path: Path) -> None:
    row = requests("gcp_audit", tmp_path)["1097"]
    assert (row["attempt_count"], row["duration_ms"]) == (1, 211000.0)


@pytest.mark.parametrize(
    ("request_id", "cause"),
    [
        ("rb4x7q", "provider_throttled"),
        ("rb5x7q", "provider_outage"),
        ("rb7x7q", "latency_breach"),
        ("rb8x7q", "auth"),
        ("rb9x7q", "admin_disabled"),
        ("rb10x7q", "context_window"),
    ],
)
def test_code_of_google_has_its_cause(tmp_path: Path, request_id: str, cause: str) -> None:
    assert requests("gcp_audit", tmp_path)[request_id]["first_cause"] == cause


def test_explicit_deny_in_cloudtrail_is_an_admins_and_names_nobody(tmp_path: Path) -> None:
    rows = requests("bedrock_cloudtrail", tmp_path)
    causes = {key[-2:]: row["first_cause"] for key, row in rows.items() if row["first_cause"]}
    assert causes == {
        "03": "provider_throttled",
        "04": "provider_outage",
        "05": "admin_disabled",
        "06": "admin_disabled",
        "07": "latency_breach",
        "08": "context_window",
    }
    (file,) = sample_files("bedrock_cloudtrail")
    messages = [row["error_message"] or "" for row in landed(sources()["bedrock_cloudtrail"], file)[1]]
    assert any("assumed-role/invoice-coder/<name>" in message for message in messages)


@pytest.fixture(scope="module")
def copilot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    rows = requests("copilot_studio", tmp_path_factory.mktemp("copilot"))
    return {key[-2:]: row for key, row in rows.items()}


def test_copilot_turn_proves_nothing_without_a_preferred_model(copilot: dict[str, Row]) -> None:
    assert {copilot[turn]["is_fallback"] for turn in ("01", "05", "09")} == {None}


AGENT_POLICY = """
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: agents
  version: 1
  status: active
  owner: {team: claims, contact: "group:claims"}
  effective_from: 2026-01-01T00:00:00Z
defaults:
  undeclared_workflow: report_only
  marking: {required: false}
models:
  - {id: anthropic/claude-sonnet-4-5, provider: anthropic, failure_domain: anthropic, status: approved}
workflow_classes:
  - id: claims
    stage: drafting
    risk: low
    match: {tags: {workflow: Claims helper}}
    preferred: [anthropic/claude-sonnet-4-5]
    boundary: degrade
    substitutes: []
"""


def test_copilot_turn_on_another_model_than_the_policy_prefers_is_a_fallback(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(AGENT_POLICY, encoding="utf-8")
    rows = {key[-2:]: row for key, row in requests("copilot_studio", tmp_path, load_policies(file)).items()}
    preferred = "anthropic/claude-sonnet-4-5"
    assert told(rows["05"]) == (True, preferred, "gpt-4.1", "substitute", None, "preemptive")
    assert told(rows["01"]) == (False, preferred, preferred, "preferred", None, None)


def test_copilot_turn_on_another_model_than_configured_is_a_fallback(copilot: dict[str, Row]) -> None:
    assert told(copilot["07"]) == (True, SONNET, "gpt-4.1", "substitute", None, "provider_declared")
    assert copilot["07"]["preferred_basis"] == "first_attempt"


def test_copilot_turn_that_names_only_another_provider_is_told_as_its_default_of_the_day(
    copilot: dict[str, Row],
) -> None:
    assert told(copilot["14"]) == (True, SONNET, "gpt-4.1", "substitute", None, "provider_declared")


def test_admin_who_switched_a_provider_off_is_the_cause_of_its_agents_turns(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as books:
        books.load(*sample_files("copilot_studio"), *sample_files("purview_admin"))
        books.build()
        causes = books.rows(
            """select right(request_id, 2), first_cause, first_cause_basis from requests
            where first_cause is not null order by all"""
        )
        assert causes == [("07", "admin_disabled", "inherited"), ("14", "admin_disabled", "inherited")]
        assert books.rows("select distinct cause from fallback_events") == [("admin_disabled",)]


def test_copilot_turn_that_names_no_model_is_no_request(copilot: dict[str, Row]) -> None:
    assert {"04", "23"}.isdisjoint(copilot)
    for file in sample_files("copilot_studio"):
        assert landed(sources()["copilot_studio"], file)[0].ignored_lines == 1


def test_copilot_turn_in_the_csv_of_an_audit_search_is_the_same_turn(copilot: dict[str, Row]) -> None:
    row = copilot["22"]
    assert (row["workflow"], row["served_model"], row["served_provider"]) == ("Travel helper", "gpt-4.1", "openai")
    assert f"{row['started_at']:%H:%M:%S.%f}" == "14:09:00.500000"


def test_turns_of_one_copilot_conversation_are_one_run(copilot: dict[str, Row]) -> None:
    assert copilot["01"]["run_id"] == copilot["02"]["run_id"] != copilot["03"]["run_id"]
