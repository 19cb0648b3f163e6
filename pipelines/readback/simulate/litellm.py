"""LiteLLM's log: `StandardLoggingPayload` lines, one success and at most one failure per client request."""

import numpy as np
import polars as pl

from readback.simulate.fate import CACHE_HIT
from readback.simulate.fleet import WORKFLOWS
from readback.simulate.ids import hex_ids, uuids
from readback.simulate.lines import choice
from readback.simulate.litellm_failure import failure_lines
from readback.simulate.litellm_success import success_lines


def lines(requests: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Return the log's lines for these requests, in the order in which the proxy wrote them (by end)."""
    named = _named(requests, rng)
    written = pl.concat([failure_lines(named), success_lines(named)])
    return written.sort("written_at", maintain_order=True)["line"]


def _named(requests: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add the ids and names that both kinds of record carry."""
    count = requests.height
    guardrail = pl.when("is_guarded").then(pl.lit('["pii"]')).otherwise(pl.lit("[]"))
    return requests.with_columns(
        trace_id=uuids(rng, count),
        other_trace_id=uuids(rng, count),
        provider_request=hex_ids(rng, count, 32),
        workflow_name=choice("workflow", [w.name for w in WORKFLOWS]),
        team=choice("workflow", [w.team for w in WORKFLOWS]),
        route=choice("workflow", [w.route for w in WORKFLOWS]),
        run_id=run_ids(),
        guardrails=guardrail,
        guardrail_status=pl.when("is_guarded").then(pl.lit("success")).otherwise(pl.lit("not_run")),
        deployment_letter=choice("deployment", ["a", "b"]),
        total_tokens=pl.col("input_tokens") + pl.col("output_tokens"),
        is_stream=pl.col("is_stream") & (pl.col("kind") != CACHE_HIT),
    ).with_columns(stream=pl.when("is_stream").then(pl.lit("true")).otherwise(pl.lit("null")))


def run_ids() -> pl.Expr:
    """Return the id of the task that a request serves: the workflow's name and a number."""
    name = choice("workflow", [workflow.name for workflow in WORKFLOWS])
    return pl.concat_str(name, pl.lit("-"), pl.col("run").cast(pl.String).str.zfill(7))
