"""The LiteLLM `StandardLoggingPayload` of 1.106.2 with holes: all 45 keys, its bulky objects in a compact form.

Bulky objects (`metadata`, `hidden_params`, `response`, `model_map_information`) keep the keys that carry meaning, with
the types a real record has; `tests/unit/simulate/skeletons.json` is derived from real records.
"""

import json
from typing import Any

import polars as pl

from readback.simulate.fleet import Model

ERROR_FREE: dict[str, Any] = {
    "error_code": "",
    "error_class": "",
    "llm_provider": "",
    "traceback": "",
    "error_message": "",
    "error_provider_request_id": None,
    "error_rate_limit_category": None,
    "normalized_error": None,
}

METADATA: dict[str, Any] = {
    "user_api_key_hash": "hash-${workflow_name}-0001",
    "user_api_key_alias": "${workflow_name}-key",
    "user_api_key_team_id": "team-${team}",
    "user_api_key_team_alias": "${team}",
    "spend_logs_metadata": {"task": "${run_id}"},
    "requester_metadata": None,
    "applied_guardrails": "@guardrails",
    "routing_decision": None,
    "usage_object": "@usage",
}

REPLY: dict[str, Any] = {
    "id": "chatcmpl-${reply_id}",
    "created": "@created",
    "model": "${group}",
    "object": "chat.completion",
    "choices": [
        {
            "finish_reason": "stop",
            "index": 0,
            "message": {"content": "answer", "role": "assistant"},
        }
    ],
}

COST_BREAKDOWN: dict[str, Any] = {
    "input_cost": "@input_cost",
    "output_cost": "@output_cost",
    "total_cost": "@total_cost",
    "tool_usage_cost": 0.0,
}


def _payload(special: dict[str, Any]) -> dict[str, Any]:
    """Return the keys in the order of a real record; `special` replaces the defaults."""
    record: dict[str, Any] = {
        "id": None,
        "litellm_call_id": "${key}",
        "trace_id": "${trace_id}",
        "session_id": "",
        "call_type": "acompletion",
        "cache_hit": None,
        "stream": "@stream",
        "status": None,
        "status_fields": {"llm_api_status": None, "guardrail_status": "${guardrail_status}"},
        "custom_llm_provider": "@provider",
        "saved_cache_cost": 0.0,
        "startTime": "@start",
        "endTime": "@end",
        "completionStartTime": "@first_token",
        "response_time": "@response_time",
        "model": "${model}",
        "metadata": METADATA,
        "cache_key": None,
        "response_cost": 0.0,
        "cost_breakdown": None,
        "autorouter_savings": None,
        "autorouter_savings_estimate": None,
        "autorouter_baseline_observation": None,
        "total_tokens": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "request_tags": [
            "workflow:${workflow_name}",
            "env:prod",
            "User-Agent: python-httpx",
            "User-Agent: python-httpx/0.28.1",
        ],
        "request_model_access_groups": [],
        "end_user": None,
        "api_base": "${api_base}",
        "model_group": "${group}",
        "model_id": "${deployment_id}",
        "requester_ip_address": "127.0.0.1",
        "user_agent": "python-httpx/0.28.1",
        "messages": [{"role": "user", "content": "case ${run_id} of jo@example.com"}],
        "response": {},
        "model_parameters": {"stream": "@is_stream"},
        "hidden_params": None,
        "model_map_information": {"model_map_key": "${map_key}", "model_map_value": "@map_value"},
        "error_str": None,
        "error_information": ERROR_FREE,
        "response_cost_failure_debug_info": None,
        "zero_cost_diagnostic": None,
        "guardrail_information": None,
        "standard_built_in_tools_params": {"web_search_options": None, "file_search": None},
    }
    return record | special


SUCCESS = _payload(
    {
        "id": "chatcmpl-${reply_id}${cache_suffix}",
        "cache_hit": "@cache_hit",
        "status": "success",
        "status_fields": {"llm_api_status": "success", "guardrail_status": "${guardrail_status}"},
        "saved_cache_cost": "@saved_cost",
        "cache_key": "@cache_key",
        "response_cost": "@charged_cost",
        "cost_breakdown": COST_BREAKDOWN,
        "total_tokens": "@total_tokens",
        "prompt_tokens": "@input_tokens",
        "completion_tokens": "@output_tokens",
        "response": REPLY,
        "hidden_params": {
            "model_id": "${deployment_id}",
            "additional_headers": "@headers",
            "litellm_overhead_time_ms": "@overhead_ms",
        },
    }
)

FAILURE = _payload(
    {
        "id": "${key}",
        "cache_hit": False,
        "status": "failure",
        "status_fields": {"llm_api_status": "failure", "guardrail_status": "${guardrail_status}"},
        "hidden_params": {
            "model_id": None,
            "additional_headers": "@headers",
            "litellm_overhead_time_ms": None,
        },
        "error_str": "${error_message}",
        "error_information": {
            "error_code": "${error_code}",
            "error_class": "${error_class}",
            "llm_provider": "${error_provider}",
            "traceback": "",
            "error_message": "${error_message}",
            "error_provider_request_id": "@provider_request_id",
            "error_rate_limit_category": "@limit_category",
            "normalized_error": "${normalized_error}",
        },
    }
)

COUNTERS: dict[str, Any] = {
    "llm_provider-x-request-id": "req_${provider_request}",
    "x-litellm-model-group": "${group}",
    "x-litellm-attempted-retries": "@retries",
    "x-litellm-attempted-fallbacks": "@fallbacks",
}
CACHED_COUNTERS = {key: value for key, value in COUNTERS.items() if key.startswith("x-litellm")}
STREAMED: dict[str, Any] = {"llm_provider-x-request-id": "req_${provider_request}"}
FAILED_HEADERS: dict[str, Any] = {"x-request-id": "req_${provider_request}"}
USAGE: dict[str, Any] = {
    "completion_tokens": "@output_tokens",
    "prompt_tokens": "@input_tokens",
    "total_tokens": "@total_tokens",
}


def api_base(deployment: pl.Expr) -> pl.Expr:
    """Return the address of a deployment."""
    return pl.concat_str(pl.lit("http://127.0.0.1:4000/"), deployment, pl.lit("/v1"))


def map_value(each: Model) -> str:
    """Return a model's entry in the price map, cut down to what names it."""
    entry = {"key": each.name, "litellm_provider": each.provider, "mode": "chat"}
    return json.dumps(entry, separators=(",", ":"))


def boolean(column: str) -> pl.Expr:
    """Print a flag as JSON."""
    return pl.when(column).then(pl.lit("true")).otherwise(pl.lit("false"))


def quoted(text: pl.Expr) -> pl.Expr:
    """Print JSON-safe text as a JSON string."""
    return pl.concat_str(pl.lit('"'), text, pl.lit('"'))
