"""LiteLLM's failure record: one for the first failed attempt of a request, none for the later ones."""

import polars as pl

from readback.simulate.fate import CHAIN, FAILED, PREEMPTIVE, RETRY
from readback.simulate.fleet import CAUSES, WORKFLOWS, Model, model
from readback.simulate.lines import choice, fill, seconds_text
from readback.simulate.litellm_errors import failures_of
from readback.simulate.litellm_record import FAILED_HEADERS, FAILURE, api_base, boolean, map_value, quoted

ROUTING_US = 2_000
CEILING = CAUSES.index("cost_ceiling")


def failure_lines(named: pl.DataFrame) -> pl.DataFrame:
    """Return `line` and `written_at` of each request whose first attempt failed."""
    rows = _first_failures(named)
    end = seconds_text(pl.col("end_us"))
    line = fill(
        FAILURE,
        **_deployment_holes(),
        **_error_holes(),
        group=pl.col("route"),
        usage=pl.lit("{}"),
        start=seconds_text(pl.col("at")),
        end=end,
        first_token=end,
        response_time=seconds_text(pl.col("end_us") - pl.col("at")),
        is_stream=boolean("is_stream"),
    )
    return rows.select(line.alias("line"), pl.col("end_us").alias("written_at"))


def _first_failures(named: pl.DataFrame) -> pl.DataFrame:
    """Add `is_untried` (no deployment was asked), `told` (which failure of `failures_of`) and `end_us`."""
    is_spent = (pl.col("kind") == FAILED) & (pl.col("cause") == CEILING)
    is_untried = (pl.col("kind") == PREEMPTIVE) | is_spent
    is_cooled = is_untried & (pl.col("cause") != CEILING)
    failure = pl.when(is_cooled).then(len(CAUSES)).otherwise(pl.col("cause").cast(pl.Int32))
    return named.filter(pl.col("kind").is_in([RETRY, CHAIN, PREEMPTIVE, FAILED])).with_columns(
        is_untried=is_untried,
        told=pl.col("workflow").cast(pl.Int32) * (len(CAUSES) + 1) + failure,
        end_us=pl.col("at") + pl.col("failed_us").clip(ROUTING_US),
    )


def _preferred() -> list[Model]:
    return [model(workflow.preferred) for workflow in WORKFLOWS]


def _deployment_holes() -> dict[str, pl.Expr]:
    """What names the deployment; empty or null where none was asked, and the group stands in for the model."""
    name = choice("workflow", [each.model_id for each in _preferred()])
    provider = choice("workflow", [each.provider for each in _preferred()])
    deployment = pl.concat_str("route", pl.lit("-"), "deployment_letter")
    asked = {
        "provider": quoted(provider),
        "error_provider": provider,
        "model": name,
        "map_key": name,
        "map_value": choice("workflow", [map_value(each) for each in _preferred()]),
        "deployment_id": deployment,
        "api_base": api_base(deployment),
        "headers": fill(FAILED_HEADERS),
        "provider_request_id": quoted(pl.concat_str(pl.lit("req_"), "provider_request")),
    }
    null = pl.lit("null")
    nulls = dict.fromkeys(("provider", "map_value", "headers", "provider_request_id"), null)
    untried = {**nulls, "model": pl.col("route")}
    return {
        hole: pl.when("is_untried").then(untried.get(hole, pl.lit(""))).otherwise(text) for hole, text in asked.items()
    }


def _error_holes() -> dict[str, pl.Expr]:
    told = [failure for index in range(len(WORKFLOWS)) for failure in failures_of(index)]
    return {
        "error_class": choice("told", [failure.error_class for failure in told]),
        "error_code": choice("told", [failure.code for failure in told]),
        "normalized_error": choice("told", [failure.normalized for failure in told]),
        "error_message": choice("told", [failure.message for failure in told]),
        "limit_category": choice("told", [failure.category for failure in told]),
    }
