"""LiteLLM's success record: the attempt that answered, with that attempt's own start, group and counters."""

import polars as pl

from readback.simulate.fate import CACHE_HIT, CHAIN, DECLARED, FAILED, PREEMPTIVE, PREFERRED, RETRY
from readback.simulate.fleet import MODELS
from readback.simulate.lines import choice, fill, seconds_text, usd_text
from readback.simulate.litellm_failure import ROUTING_US
from readback.simulate.litellm_record import (
    CACHED_COUNTERS,
    COUNTERS,
    STREAMED,
    SUCCESS,
    USAGE,
    api_base,
    boolean,
    map_value,
    quoted,
)
from readback.simulate.outages import SECOND


def success_lines(named: pl.DataFrame) -> pl.DataFrame:
    """Return `line` and `written_at` of each request that was answered."""
    rows = _answers(named)
    line = fill(
        SUCCESS,
        **_identity_holes(),
        **_time_holes(),
        **_cache_holes(),
        usage=fill(USAGE),
        input_cost=usd_text(pl.col("input_nano")),
        output_cost=usd_text(pl.col("output_nano")),
        total_cost=pl.col("cost"),
        is_stream=boolean("is_stream"),
        headers=_headers(),
    )
    return rows.select(line.alias("line"), pl.col("end_us").alias("written_at"))


def _answers(named: pl.DataFrame) -> pl.DataFrame:
    rows = named.filter(pl.col("kind") != FAILED).with_columns(
        start_us=pl.col("at") + pl.col("failed_us") + ROUTING_US,
        group=_served_group(),
        retries=(pl.col("kind") == RETRY).cast(pl.Int8),
        fallbacks=pl.col("kind").is_in([CHAIN, PREEMPTIVE, DECLARED]).cast(pl.Int8),
        input_nano=_nano_usd("input_tokens", [each.input_usd for each in MODELS]),
        output_nano=_nano_usd("output_tokens", [each.output_usd for each in MODELS]),
    )
    return rows.with_columns(
        end_us=pl.col("start_us") + pl.col("served_us"),
        cost=usd_text(pl.col("input_nano") + pl.col("output_nano")),
        deployment_id=pl.concat_str("group", pl.lit("-"), "deployment_letter"),
    )


def _identity_holes() -> dict[str, pl.Expr]:
    """The trace differs from the failure's when no deployment was asked before: so does the real one."""
    name = choice("served", [each.model_id for each in MODELS])
    return {
        "trace_id": pl.when(pl.col("kind") == PREEMPTIVE).then("other_trace_id").otherwise("trace_id"),
        "provider": quoted(choice("served", [each.provider for each in MODELS])),
        "model": name,
        "map_key": name,
        "map_value": choice("served", [map_value(each) for each in MODELS]),
        "api_base": api_base(pl.col("deployment_id")),
    }


def _time_holes() -> dict[str, pl.Expr]:
    first_token = pl.when("is_stream").then("first_token_us").otherwise("served_us")
    return {
        "start": seconds_text(pl.col("start_us")),
        "end": seconds_text(pl.col("end_us")),
        "first_token": seconds_text(pl.col("start_us") + first_token),
        "response_time": seconds_text(first_token),
        "created": pl.col("end_us") // SECOND,
        "overhead_ms": ((pl.col("failed_us") + ROUTING_US) // 1000).cast(pl.String),
    }


def _cache_holes() -> dict[str, pl.Expr]:
    """A plain success says null and a stream false where a hit says true: so do the real ones."""
    is_cached = pl.col("kind") == CACHE_HIT
    not_cached = pl.when("is_stream").then(pl.lit("false")).otherwise(pl.lit("null"))
    suffix = pl.concat_str(pl.lit("_cache_hit"), seconds_text(pl.col("end_us")))
    cache_key = quoted(pl.concat_str("provider_request", "provider_request"))
    return {
        "cache_hit": pl.when(is_cached).then(pl.lit("true")).otherwise(not_cached),
        "cache_key": pl.when(is_cached).then(cache_key).otherwise(pl.lit("null")),
        "cache_suffix": pl.when(is_cached).then(suffix).otherwise(pl.lit("")),
        "saved_cost": pl.when(is_cached).then("cost").otherwise(pl.lit("0.0")),
        "charged_cost": pl.when(is_cached).then(pl.lit("0.0")).otherwise("cost"),
    }


def _headers() -> pl.Expr:
    """Counters stand on non-streamed successes only; a cache hit has no provider's request id."""
    is_cached = pl.col("kind") == CACHE_HIT
    streamed = pl.when("is_stream").then(fill(STREAMED)).otherwise(fill(COUNTERS))
    return pl.when(is_cached).then(fill(CACHED_COUNTERS)).otherwise(streamed)


def _served_group() -> pl.Expr:
    """Return the workflow's own group when it kept its preferred model, else the substitute's group."""
    own = pl.col("kind").is_in([PREFERRED, RETRY, CACHE_HIT])
    return pl.when(own).then("route").otherwise(choice("served", [each.group for each in MODELS]))


def _nano_usd(tokens: str, usd_per_million: list[float]) -> pl.Expr:
    """Return the cost of these tokens in billionths of a dollar."""
    rates = pl.Series([round(usd * 1000) for usd in usd_per_million], dtype=pl.Int64)
    return pl.col(tokens) * pl.lit(rates).gather(pl.col("served").cast(pl.UInt32))
