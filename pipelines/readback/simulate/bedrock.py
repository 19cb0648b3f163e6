"""Bedrock's `ModelInvocationLog`: one line per attempt, whole seconds, no latency, an error code but no message."""

from typing import Any

import numpy as np
import polars as pl

from readback.simulate.fate import CHAIN, FAILED, RETRY
from readback.simulate.fleet import CAUSES, MODELS, WORKFLOWS, model
from readback.simulate.ids import uuids
from readback.simulate.lines import choice, fill, utc_text
from readback.simulate.litellm import run_ids

ERROR_CODES = {
    "provider_outage": "ServiceUnavailableException",
    "provider_throttled": "ThrottlingException",
    "latency_breach": "ModelTimeoutException",
    "unknown": "ValidationException",
}
RECORD: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "${timestamp}",
    "accountId": "111122223333",
    "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/gateway/${workflow_name}"},
    "region": "us-east-1",
    "requestId": "${attempt_id}",
    "operation": "Converse",
    "modelId": "${model}",
    "requestMetadata": {
        "workflow": "${workflow_name}",
        "team": "${team}",
        "task": "${run_id}",
        "gateway_request_id": "${key}",
    },
}
SUCCESS = RECORD | {
    "input": {"inputContentType": "application/json", "inputTokenCount": "@input_tokens"},
    "output": {"outputContentType": "application/json", "outputTokenCount": "@output_tokens"},
    "inferenceRegion": "us-west-2",
}
FAILURE = RECORD | {"errorCode": "${error_code}", "input": {}, "output": {}}


def lines(requests: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Return the log's lines for these requests, by time of the attempt."""
    named = requests.with_columns(
        workflow_name=choice("workflow", [w.name for w in WORKFLOWS]),
        team=choice("workflow", [w.team for w in WORKFLOWS]),
        run_id=run_ids(),
        answer_id=uuids(rng, requests.height),
        error_id=uuids(rng, requests.height),
    )
    failed = named.filter(pl.col("kind").is_in([RETRY, CHAIN, FAILED])).select(
        fill(
            FAILURE,
            timestamp=utc_text(pl.col("at")),
            attempt_id=pl.col("error_id"),
            model=choice("workflow", [_name(w.preferred) for w in WORKFLOWS]),
            error_code=choice("cause", [ERROR_CODES.get(cause, "") for cause in CAUSES]),
        ).alias("line"),
        pl.col("at").alias("began_at"),
    )
    began = pl.col("at") + pl.col("failed_us")
    answered = named.filter(pl.col("kind") != FAILED).select(
        fill(
            SUCCESS,
            timestamp=utc_text(began),
            attempt_id=pl.col("answer_id"),
            model=choice("served", [_name(m.model_id) for m in MODELS]),
        ).alias("line"),
        began.alias("began_at"),
    )
    return pl.concat([failed, answered]).sort("began_at", maintain_order=True)["line"]


def _name(model_id: str) -> str:
    """Return the id under which Bedrock knows the model: the inference profile."""
    each = model(model_id)
    return each.names[0] if each.names else each.name
