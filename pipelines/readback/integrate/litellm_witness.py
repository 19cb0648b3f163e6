"""readback's witness: one JSON line per attempt of a LiteLLM proxy, retries and middle hops included.

Lay this file beside the proxy's configuration, name it there (`litellm_settings: callbacks: litellm_witness.witness`)
and let READBACK_WITNESS_FILE name the file to append to. It needs LiteLLM and the standard library only.

What is written is an allow-list: ids, times, status, tokens, cost, the names of models, deployments, teams and aliases
of keys, and the labels that READBACK_WITNESS_LABELS names. Never a prompt, an answer, a key, a header, a person or an
error's text: of that text only which of some known phrases stand in it. Nothing that goes wrong here reaches the proxy.

Tried on LiteLLM 1.80.0 and 1.106.2. Where LiteLLM has no `async_post_call_failure_deployment_hook`, failures between a
call's first and its last are known by the breadcrumbs of its router: they have a class, but no status and no code.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import math
import os
import re
from collections import OrderedDict
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Callable

from litellm.integrations.custom_logger import CustomLogger

FORMAT = 1
"""Version of the lines; it grows where a key changes its meaning."""

FILE = "READBACK_WITNESS_FILE"
LABELS = "READBACK_WITNESS_LABELS"
DEFAULT_LABELS = "workflow,team,env,environment,run,run_id,task"

TELLS_FAILURES = hasattr(CustomLogger, "async_post_call_failure_deployment_hook")
MOST_CALLS = 10_000
"""Calls that are remembered; beyond, the oldest is forgotten."""
MOST_AT_ONCE = 500
"""Calls among which one without an id of its own is looked for."""
LONGEST = 256
"""Characters of a name or id that are kept."""

PHRASES = (
    "exceeded your current quota", "insufficient_quota", "credit balance", "billing", "prepayment credits",
    "budget has been exceeded", "crossed budget", "maximum context length", "context window", "prompt is too long",
    "context_length_exceeded", "input token count exceeds", "content policy", "content management policy",
    "content_filter", "safety system", "flagged as potentially", "organization policy constraint",
    "disallowed gen ai model", "disabled", "suspended", "deactivated", "not enabled", "not allowed",
    "not authorized to use model", "explicit deny", "agreement", "rate limit", "too many requests", "throttl",
    "timed out", "timeout", "deadline", "overloaded", "service unavailable", "internal server error",
    "connection error", "connection reset", "connection refused", "no deployments available",
    "quota exceeded for metric", "please retry in", "all available credits", "spending limit",
    "insufficient credits", "insufficient balance", "insufficient funds", "retry after 86400 seconds",
    "maximum prompt length", "exceeds the maximum number of tokens", "input is too long", "too many tokens: ",
    "`max_new_tokens` must be", "content filtering policy", "violates usage guidelines", "violates our usage",
    "requires moderation", "your input was flagged", "content exists risk", "organization has been disabled",
    "have access to the model with the specified", "not have access to model", "api key not valid",
    "invalid api token", "incorrect api key", "invalid api key", "endpoints found that support",
    "included credits", "overdue balance", "account is in good standing", "out of credits",
    "`inputs` must have less than", "model token limit", "range of input length", "exceeds the context length",
    "less than the context length", "reduce the length of the messages", "inappropriate content", "sensitive content",
    "sensitive information", "considered high risk", "does not support", "is not supported with",
    "is not supported by the",
    "specified api usage limits", "specified workspace api usage limits",
)  # fmt: skip
"""What is looked for in an error's text; the words by which readback names a cause."""

log = logging.getLogger("readback.witness")


class Attempt:
    """One call of one deployment that has begun and not ended."""

    def __init__(self, kwargs: dict[str, Any], call_type: str | None) -> None:
        told = _metadata(kwargs)
        self.call_type = call_type
        self.started_at = _now()
        self.group = told.get("model_group")
        self.deployment = _deployment(told) or _deployment(kwargs)
        self.model = told.get("deployment") or kwargs.get("model")
        self.provider = kwargs.get("custom_llm_provider")
        self.is_stream = bool(kwargs.get("stream"))
        self.retry = told.get("attempted_retries")
        self.hop = _hop(kwargs)


class Call:
    """What is known of one request of a client."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.place = 0
        self.open: list[Attempt] = []
        self.groups: set[str | None] = set()
        self.facts: dict[str, Any] = {}
        self.is_over = False


class Witness(CustomLogger):  # type: ignore[misc]
    """Follows every call from attempt to attempt and writes each when it ends."""

    def __init__(self, path: str | None = None, labels: str | None = None) -> None:
        super().__init__()
        self.path = path or os.environ.get(FILE)
        names = labels or os.environ.get(LABELS) or DEFAULT_LABELS
        self.labels = frozenset(name.strip() for name in names.split(",") if name.strip())
        self.calls: OrderedDict[str, Call] = OrderedDict()
        self.was_warned = False
        if not self.path:
            log.warning("readback witness: %s is not set, so nothing is written", FILE)

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> None:
        """An attempt begins."""
        self._safely(self._begin, kwargs, call_type)

    async def async_post_call_failure_deployment_hook(
        self, request_data: dict[str, Any], exception: Exception, call_type: Any, fallback_depth: int | None = None
    ) -> None:
        """An attempt failed; LiteLLM since 2026-08."""
        self._safely(self._fail, request_data, exception)

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The first failure of a call, or a stream that broke off."""
        self._safely(self._fail_late, kwargs)

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """An attempt answered, to its last chunk."""
        self._safely(self._succeed, kwargs, start_time, end_time)

    async def log_failure_fallback_event(
        self, original_model_group: str, kwargs: dict[str, Any], original_exception: Exception
    ) -> None:
        """A hop failed; a hop that called no deployment is told by this alone."""
        self._safely(self._lose_hop, kwargs)

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> None:
        """The client got no answer, or half of one."""
        self._safely(self._give_up, request_data, original_exception)

    def _begin(self, kwargs: dict[str, Any], call_type: Any) -> None:
        call = self._call(kwargs)
        if call is None:
            return
        attempt = Attempt(kwargs, getattr(call_type, "value", call_type))
        for other in list(call.open):
            if other.deployment == attempt.deployment and (TELLS_FAILURES or other.call_type != attempt.call_type):
                return  # the same attempt, seen by an inner function of LiteLLM
            if not TELLS_FAILURES:
                self._end(call, other, "failure", _breadcrumb(kwargs, other.group))
        call.facts = self._facts(kwargs)
        crumb = _breadcrumb(kwargs) if attempt.hop else {}
        if _is_untried(crumb) and crumb["group"] not in call.groups:
            self._skip(call, crumb["group"], crumb, attempt.started_at)
        call.groups.add(attempt.group)
        call.open.append(attempt)

    def _fail(self, kwargs: dict[str, Any], exception: Exception | None) -> None:
        call = self._call(kwargs)
        attempt = _matching(call, kwargs) if call else None
        if call and attempt:
            self._end(call, attempt, "failure", _error(exception), kwargs)

    def _fail_late(self, kwargs: dict[str, Any]) -> None:
        """LiteLLM tells of the router's own failure when the next attempt may have begun: that one did not fail."""
        exception = kwargs.get("exception")
        if not _is_untried(_error(exception)):
            self._fail(kwargs, exception)

    def _succeed(self, kwargs: dict[str, Any], start_time: Any, end_time: Any) -> None:
        call = self._call(kwargs)
        if call is None:
            return
        attempt = _matching(call, kwargs)
        if attempt is None:
            if call.place:
                return  # LiteLLM tells of some answers twice
            attempt = Attempt(kwargs, kwargs.get("call_type"))
            attempt.started_at = _utc(start_time)
            call.facts = self._facts(kwargs)
        error = ((kwargs.get("standard_logging_object") or {}).get("error_information")) or {}
        has_left = error.get("error_class") == "ClientDisconnected"
        self._end(call, attempt, "cancelled" if has_left else "success", {}, kwargs, _utc(end_time))

    def _lose_hop(self, kwargs: dict[str, Any]) -> None:
        call = self._call(kwargs)
        if call is None:
            return
        group = kwargs.get("model")
        for attempt in [attempt for attempt in call.open if attempt.group == group or not TELLS_FAILURES]:
            self._end(call, attempt, "failure", _breadcrumb(kwargs, attempt.group))
        if group not in call.groups:
            self._skip(call, group, {}, _now())

    def _give_up(self, request_data: dict[str, Any], exception: Exception) -> None:
        call = self._call(request_data)
        if call is None:
            return
        for attempt in list(call.open):
            self._end(call, attempt, "failure", _error(exception), request_data)
        if not call.place:
            call.facts = self._facts(request_data)
            self._skip(call, request_data.get("model"), _error(exception), _now())
        call.is_over = True

    def _skip(self, call: Call, group: str | None, error: dict[str, Any], at: str) -> None:
        """A group that was asked for and whose deployments were not called."""
        call.groups.add(group)
        attempt = Attempt({"metadata": {"model_group": group}}, None)
        attempt.started_at = at
        self._end(call, attempt, "failure", error, ended_at=at, is_tried=False)

    def _end(
        self,
        call: Call,
        attempt: Attempt,
        status: str,
        error: dict[str, Any],
        kwargs: dict[str, Any] | None = None,
        ended_at: str | None = None,
        is_tried: bool = True,
    ) -> None:
        call.place += 1
        if attempt in call.open:
            call.open.remove(attempt)
        if error.get("status") == 499:
            status = "cancelled"
        call.is_over = call.is_over or status != "failure"
        told = {
            "readback_witness": FORMAT,
            "litellm_version": _litellm_version(),
            "call_id": call.call_id,
            "attempt": call.place,
            "started_at": attempt.started_at,
            "ended_at": max(ended_at or _now(), attempt.started_at),
            "status": status,
            "is_tried": is_tried,
            "call_type": attempt.call_type,
            "model_group": attempt.group,
            "deployment": attempt.deployment,
            "model": attempt.model,
            "provider": attempt.provider,
            "is_stream": attempt.is_stream,
            "is_partial": attempt.is_stream and status == "failure" and _has_begun_to_answer(kwargs or {}, attempt),
            "retry": attempt.retry,
            "hop": attempt.hop,
            "error": {name: value for name, value in error.items() if name != "group"} or None,
            **call.facts,
            **_answer(kwargs or {}, is_answered=status != "failure"),
        }
        self._write({name: kept for name, value in told.items() if (kept := _plain(value)) is not None})

    def _facts(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What holds for all attempts of a call: who asked, as far as a name of a key, a team and labels tell."""
        told = _metadata(kwargs)
        return {
            "trace_id": kwargs.get("litellm_trace_id"),
            "key_alias": told.get("user_api_key_alias"),
            "team": told.get("user_api_key_team_alias") or told.get("user_api_key_team_id"),
            "labels": self._labels_of(told) or None,
        }

    def _labels_of(self, told: dict[str, Any]) -> dict[str, str]:
        found: dict[str, Any] = {}
        for place in ("user_api_key_auth_metadata", "requester_metadata", "spend_logs_metadata"):
            labels = told.get(place)
            found.update(labels if isinstance(labels, dict) else {})
        for tag in told.get("tags") or []:
            name, colon, value = str(tag).partition(":")
            found.update({name: value} if colon else {})
        return {
            name: str(value)[:LONGEST]
            for name, value in found.items()
            if name in self.labels and isinstance(value, (str, int, float))
        }

    def _call(self, kwargs: dict[str, Any]) -> Call | None:
        """The call that a hook speaks of; None where it has no id, such as a request that was refused at the door."""
        call_id = kwargs.get("litellm_call_id")
        if not isinstance(call_id, str):
            return None
        if call_id not in self.calls:
            self.calls[call_id] = self._same_trace(kwargs) or Call(call_id)
            if len(self.calls) > MOST_CALLS:
                self.calls.popitem(last=False)
        return self.calls[call_id]

    def _same_trace(self, kwargs: dict[str, Any]) -> Call | None:
        """Old versions number every attempt at /v1/messages anew: the trace that is not over is the call."""
        trace_id = kwargs.get("litellm_trace_id")
        if TELLS_FAILURES or trace_id is None:
            return None
        latest = itertools.islice(reversed(self.calls.values()), MOST_AT_ONCE)
        newest = next((call for call in latest if call.facts.get("trace_id") == trace_id), None)
        return newest if newest and not newest.is_over else None

    def _write(self, told: dict[str, Any]) -> None:
        """One system call per line and none between: workers append to one file without mixing their lines."""
        if not self.path:
            return
        line = json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            if os.write(file, line) < len(line):
                os.write(file, b"\n")  # a full disk cut the line; the next one shall stand alone
        finally:
            os.close(file)

    def _safely(self, step: Callable[..., None], *arguments: Any) -> None:
        try:
            step(*arguments)
        except Exception as error:
            if not self.was_warned:
                self.was_warned = True
                log.warning("readback witness: a line is lost (%s); told once", type(error).__name__)


def _metadata(kwargs: dict[str, Any]) -> dict[str, Any]:
    """LiteLLM's own notes on a request; their place depends on the endpoint and the hook."""
    for place in (kwargs, kwargs.get("litellm_params") or {}):
        for name in ("litellm_metadata", "metadata"):
            told = place.get(name)
            if isinstance(told, dict) and ("model_group" in told or "user_api_key_alias" in told):
                return told
    return {}


def _deployment(told: dict[str, Any]) -> str | None:
    return (told.get("model_info") or {}).get("id") or None


def _hop(kwargs: dict[str, Any]) -> int | None:
    depth = _metadata(kwargs).get("attempted_fallbacks", kwargs.get("fallback_depth"))
    return depth if isinstance(depth, int) else None


def _matching(call: Call, kwargs: dict[str, Any]) -> Attempt | None:
    """The attempt under way that ran on a hook's deployment."""
    deployment = _deployment(_metadata(kwargs)) or _deployment(kwargs)
    return next((attempt for attempt in reversed(call.open) if attempt.deployment == deployment), None)


def _has_begun_to_answer(kwargs: dict[str, Any], attempt: Attempt) -> bool:
    """Whether a stream that failed had given its first words, so that the client saw an answer."""
    first_at = getattr(kwargs.get("litellm_logging_obj"), "completion_start_time", kwargs.get("completion_start_time"))
    return isinstance(first_at, datetime) and _utc(first_at) > attempt.started_at


def _is_untried(error: dict[str, Any]) -> bool:
    """Whether the router itself failed: its deployments cool down, or their budget or cap is spent."""
    is_none_left = "no deployments available" in error.get("phrases", ())
    return is_none_left or str(error.get("class", "")).startswith("RouterRateLimitError")


def _breadcrumb(kwargs: dict[str, Any], group: str | None = None) -> dict[str, Any]:
    """The newest failure that the router noted for this call, or of one group of it, where a deployment was called."""
    for crumb in reversed(list(_metadata(kwargs).get("previous_models") or [])):
        tried = crumb.get("model_group") or crumb.get("model")
        told = {"group": tried, "class": crumb.get("exception_type"), **_phrases(crumb.get("exception_string"))}
        if _is_of_call(crumb, kwargs) and (group is None or (group == tried and not _is_untried(told))):
            return told
    return {}


def _is_of_call(crumb: dict[str, Any], kwargs: dict[str, Any]) -> bool:
    """Old versions keep one list of breadcrumbs for all calls, with their ids; newer ones a list for each, without."""
    ids = [name for name in ("litellm_call_id", "litellm_trace_id") if name in crumb]
    return not ids or any(crumb[name] == kwargs.get(name) for name in ids)


def _error(exception: Exception | None) -> dict[str, Any]:
    """What an exception says by class, status and code."""
    status = getattr(exception, "status_code", None)
    code = getattr(exception, "code", None)
    told = {
        "class": type(exception).__name__ if exception is not None else None,
        "status": int(str(status)) if str(status).isdigit() else None,
        "code": _word(code),
        "request_id": _request_id(exception),
        **_phrases(exception),
    }
    return {name: value for name, value in told.items() if value is not None}


def _phrases(text: object) -> dict[str, list[str]]:
    words = str(text).lower()
    found = [phrase for phrase in PHRASES if phrase in words]
    return {"phrases": found} if found else {}


def _request_id(exception: Exception | None) -> str | None:
    """The one header that is kept: the provider's own number of the request."""
    answered = getattr(getattr(exception, "response", None), "headers", None)
    for headers in (getattr(exception, "litellm_response_headers", None), answered):
        if headers is not None and hasattr(headers, "get"):
            found = _word(headers.get("x-request-id") or headers.get("request-id"))
            if found:
                return found
    return None


def _answer(kwargs: dict[str, Any], is_answered: bool) -> dict[str, Any]:
    """What a finished call cost and who numbered it."""
    told = kwargs.get("standard_logging_object")
    if not is_answered or not isinstance(told, dict):
        return {}
    headers = (told.get("hidden_params") or {}).get("additional_headers") or {}
    is_stream = bool(told.get("stream"))
    return {
        "trace_id": told.get("trace_id") or kwargs.get("litellm_trace_id"),
        "provider": told.get("custom_llm_provider"),
        "is_stream": is_stream,
        "ttft_ms": _first_token_ms(told) if is_stream else None,
        "cache_hit": bool(told.get("cache_hit")),
        "input_tokens": told.get("prompt_tokens"),
        "output_tokens": told.get("completion_tokens"),
        "cost_usd": told.get("response_cost"),
        "response_id": told.get("id"),
        "request_id": _word(headers.get("llm_provider-x-request-id") or headers.get("llm_provider-request-id")),
    }


def _first_token_ms(told: dict[str, Any]) -> float | None:
    first_at, started_at = told.get("completionStartTime"), told.get("startTime")
    if isinstance(first_at, (int, float)) and isinstance(started_at, (int, float)):
        return 1000 * (first_at - started_at)
    return None


def _plain(value: Any) -> Any:
    """A value as it may stand in a line; None for what may not."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (int, dict)) else None


def _word(value: object) -> str | None:
    """A code or an id, which is one word; a sentence may quote the prompt."""
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:/+=-]{1,128}", value) else None


def _now() -> str:
    return _text(datetime.now(timezone.utc))


def _utc(moment: Any) -> str:
    """LiteLLM's times are local and say so nowhere."""
    return _text(moment.astimezone(timezone.utc)) if isinstance(moment, datetime) else _now()


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


@functools.cache
def _litellm_version() -> str | None:
    try:
        return version("litellm")
    except PackageNotFoundError:
        return None


witness = Witness()
