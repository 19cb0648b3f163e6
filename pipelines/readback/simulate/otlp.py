"""OTLP/JSON lines of an application that falls back itself: sibling model spans under one span of the application.

The dialect is `opentelemetry.instrumentation.genai.openai` 1.3b0. A batch holds `BATCH` spans in the order in which
they ended, so that children precede their parent and traces are split over lines.
"""

from typing import Any

import numpy as np
import polars as pl

from readback.simulate.fate import CHAIN, DECLARED, FAILED
from readback.simulate.fleet import CAUSE_INDEX, CAUSES, MODELS, WORKFLOWS, model
from readback.simulate.ids import hex_ids
from readback.simulate.lines import choice, fill
from readback.simulate.litellm import run_ids

BATCH = 24
APP_US = 400
MODEL_SCOPE = {"name": "opentelemetry.instrumentation.genai.openai", "version": "1.3b0"}
SCHEMA_URL = "https://opentelemetry.io/schemas/1.37.0"
ERRORS = {
    "provider_outage": (
        "openai.InternalServerError",
        "Error code: 503 - The engine is currently overloaded",
    ),
    "provider_throttled": (
        "openai.RateLimitError",
        "Error code: 429 - Rate limit reached for requests",
    ),
    "latency_breach": ("openai.APITimeoutError", "Request timed out."),
    "unknown": ("openai.BadRequestError", "Error code: 400 - Invalid value for temperature"),
}


def _attribute(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "value": value}


def _text(key: str, value: str) -> dict[str, Any]:
    return _attribute(key, {"stringValue": value})


ASKED = [
    _text("gen_ai.operation.name", "chat"),
    _text("gen_ai.provider.name", "openai"),
    _text("gen_ai.request.model", "${asked}"),
    _text("server.address", "llm.example"),
    _attribute("server.port", {"intValue": "443"}),
]
ANSWERED = [
    _attribute("gen_ai.response.finish_reasons", {"arrayValue": {"values": [{"stringValue": "stop"}]}}),
    _text("gen_ai.response.model", "${answered}"),
    _text("gen_ai.response.id", "chatcmpl-${reply}"),
    _attribute("gen_ai.usage.input_tokens", {"intValue": "${input_tokens}"}),
    _attribute("gen_ai.usage.output_tokens", {"intValue": "${output_tokens}"}),
]
MODEL_SPAN: dict[str, Any] = {
    "traceId": "${trace_id}",
    "spanId": "${span_id}",
    "parentSpanId": "${parent_id}",
    "flags": 256,
    "name": "chat ${asked}",
    "kind": 3,
    "startTimeUnixNano": "${start}000",
    "endTimeUnixNano": "${end}000",
}
GOOD_SPAN = MODEL_SPAN | {"attributes": [*ASKED, *ANSWERED], "status": {}}
BAD_SPAN = MODEL_SPAN | {
    "attributes": [*ASKED, _text("error.type", "${error_type}")],
    "status": {"message": "${error_message}", "code": 2},
}
EVALUATION = {
    "timeUnixNano": "${end}000",
    "name": "gen_ai.evaluation.result",
    "attributes": [
        _text("gen_ai.evaluation.name", "tests"),
        _attribute("gen_ai.evaluation.score.value", {"doubleValue": 0.31}),
        _text("gen_ai.evaluation.score.label", "fail"),
    ],
}
DOUBTED_SPAN = MODEL_SPAN | {
    "attributes": [*ASKED, *ANSWERED],
    "events": [EVALUATION],
    "status": {},
}
APP_SPAN: dict[str, Any] = {
    "traceId": "${trace_id}",
    "spanId": "${parent_id}",
    "flags": 256,
    "name": "propose_fix",
    "kind": 1,
    "startTimeUnixNano": "${start}000",
    "endTimeUnixNano": "${end}000",
    "attributes": [
        _text("gen_ai.workflow.name", "${workflow_name}"),
        _text("readback.run.id", "${run_id}"),
    ],
    "status": {},
}
CRASHED_SPAN = APP_SPAN | {
    "events": [
        {
            "timeUnixNano": "${end}000",
            "name": "exception",
            "attributes": [
                _text("exception.type", "${error_type}"),
                _text("exception.message", "${error_message}"),
            ],
        }
    ],
    "status": {"code": 2},
}


RESOURCE = [
    _text("telemetry.sdk.language", "python"),
    _text("telemetry.sdk.name", "opentelemetry"),
    _text("telemetry.sdk.version", "1.45.2"),
    _text("service.name", "${workflow_name}-app"),
    _text("service.version", "1.4.0"),
    _text("deployment.environment.name", "prod"),
    _text("team", "${team}"),
]
BATCH_LINE = {"resourceSpans": [{"resource": {"attributes": RESOURCE}, "scopeSpans": "@scopes"}]}
MODEL_SPANS = {"scope": MODEL_SCOPE, "spans": "@spans", "schemaUrl": SCHEMA_URL}
APP_SPANS = {"scope": {"name": "${workflow_name}-app", "version": "1.4.0"}, "spans": "@spans"}


def lines(requests: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Return the export's lines for these requests: one batch of spans per line, each of one application."""
    named = _named(requests, rng)
    spans = pl.concat([_first_spans(named), _last_spans(named), _app_spans(named)])
    spans = spans.sort("ended_at", "is_app", maintain_order=True)
    spans = spans.with_columns(batch=pl.int_range(pl.len()).over("workflow") // BATCH)
    owner = ["batch", "workflow", "workflow_name", "team"]
    scopes = spans.group_by(*owner, "is_app", maintain_order=True).agg(pl.col("span").str.join(","))
    spans_array = pl.concat_str(pl.lit("["), "span", pl.lit("]"))
    scope = pl.when("is_app").then(fill(APP_SPANS, spans=spans_array)).otherwise(fill(MODEL_SPANS, spans=spans_array))
    batches = (
        scopes.with_columns(scope=scope)
        .sort("batch", "workflow", "is_app", maintain_order=True)
        .group_by(owner, maintain_order=True)
        .agg(pl.col("scope").str.join(","))
    )
    scopes_array = pl.concat_str(pl.lit("["), "scope", pl.lit("]"))
    return batches.select(fill(BATCH_LINE, scopes=scopes_array)).to_series()


def _named(requests: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    count = requests.height
    is_second = pl.col("kind").is_in([CHAIN, FAILED])
    second = pl.col("at") + pl.col("failed_us") + APP_US
    lasts = pl.when(pl.col("kind") == FAILED).then("failed_us").otherwise("served_us")
    return requests.with_columns(
        trace_id=pl.col("key").str.replace_all("-", "", literal=True),
        parent_id=hex_ids(rng, count, 16),
        first_id=hex_ids(rng, count, 16),
        last_id=hex_ids(rng, count, 16),
        workflow_name=choice("workflow", [w.name for w in WORKFLOWS]),
        team=choice("workflow", [w.team for w in WORKFLOWS]),
        run_id=run_ids(),
        preferred_name=choice("workflow", [_name(w.preferred) for w in WORKFLOWS]),
        served_name=choice("served", [_name(m.model_id) for m in MODELS]),
        error_type=choice("cause", [ERRORS.get(cause, ERRORS["unknown"])[0] for cause in CAUSES]),
        error_message=choice("cause", [ERRORS.get(cause, ERRORS["unknown"])[1] for cause in CAUSES]),
        first_end=pl.col("at") + pl.col("failed_us"),
        last_start=pl.when(is_second).then(second).otherwise("at"),
    ).with_columns(last_end=pl.col("last_start") + lasts)


def _first_spans(named: pl.DataFrame) -> pl.DataFrame:
    """The attempt on the preferred model that failed, or answered badly enough to be run again."""
    rows = named.filter(pl.col("kind").is_in([CHAIN, FAILED]))
    is_doubted = pl.col("cause") == CAUSE_INDEX["low_confidence"]
    holes = {
        "span_id": pl.col("first_id"),
        "start": pl.col("at"),
        "end": pl.col("first_end"),
        "asked": pl.col("preferred_name"),
        "answered": _snapshot("preferred_name"),
        "reply": pl.col("first_id"),
    }
    span = pl.when(is_doubted).then(fill(DOUBTED_SPAN, **holes)).otherwise(fill(BAD_SPAN, **holes))
    return _placed(rows, span, "first_end", is_app=False)


def _last_spans(named: pl.DataFrame) -> pl.DataFrame:
    """The attempt that answered; for a request that nobody answered, the substitute's failure."""
    asks_preferred = pl.col("kind") == DECLARED
    substitute = choice("workflow", [_name(w.substitutes[0].model_id) for w in WORKFLOWS])
    holes = {
        "span_id": pl.col("last_id"),
        "start": pl.col("last_start"),
        "end": pl.col("last_end"),
        "asked": pl.when(asks_preferred)
        .then("preferred_name")
        .when(pl.col("kind") == FAILED)
        .then(substitute)
        .otherwise("served_name"),
        "answered": _snapshot("served_name"),
        "reply": pl.col("reply_id"),
    }
    span = pl.when(pl.col("kind") == FAILED).then(fill(BAD_SPAN, **holes)).otherwise(fill(GOOD_SPAN, **holes))
    return _placed(named, span, "last_end", is_app=False)


def _app_spans(named: pl.DataFrame) -> pl.DataFrame:
    """The application's own span: unset status although a model failed; an error only if all did."""
    rows = named.with_columns(app_end=pl.col("last_end") + APP_US)
    holes = {"start": pl.col("at") - APP_US, "end": pl.col("app_end")}
    is_crashed = pl.col("kind") == FAILED
    span = pl.when(is_crashed).then(fill(CRASHED_SPAN, **holes)).otherwise(fill(APP_SPAN, **holes))
    return _placed(rows, span, "app_end", is_app=True)


def _placed(rows: pl.DataFrame, span: pl.Expr, ended_at: str, *, is_app: bool) -> pl.DataFrame:
    return rows.select(
        "workflow",
        "workflow_name",
        "team",
        span.alias("span"),
        pl.col(ended_at).alias("ended_at"),
        pl.lit(is_app).alias("is_app"),
    )


def _snapshot(name: str) -> pl.Expr:
    """A response names the dated snapshot, not the alias that was asked for."""
    return pl.concat_str(name, pl.lit("-2025-04-14"))


def _name(model_id: str) -> str:
    """Return the name that the application uses, without the provider's prefix."""
    return model(model_id).name
