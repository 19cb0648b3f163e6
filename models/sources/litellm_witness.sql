-- [source]
-- title     = "LiteLLM proxy, readback's witness"
-- file      = "JSON lines of the callback that `readback integrate litellm` writes: one file for all workers of a proxy"
-- emits     = "attempts"
-- grain     = "line"
-- system    = "litellm"
-- recognize = ["readback_witness", "call_id", "attempt"]
-- required  = ["readback_witness", "call_id", "attempt", "started_at", "status"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain", "complete"]
-- evidence  = "the real proxy 1.106.2 in the tests, every attempt against what its clients and upstreams saw; 1.80.0 tried by hand"
-- limits    = ["of an error's text only known phrases are written",
--              "a request that the proxy refused before routing has no attempt: it is told where it has a call id",
--              "attempts under way when a worker dies are not written",
--              "before LiteLLM's failure hook (2026-08) a failure between the first and the last has a class, but no status or code, and a stream that broke off may be missing",
--              "before 1.106, beside StandardLoggingPayload records, a request that the proxy itself refused is counted twice: give readback the witness alone"]
-- [columns]
-- readback_witness = "BIGINT"
-- call_id          = "VARCHAR"
-- attempt          = "BIGINT"
-- trace_id         = "VARCHAR"
-- started_at       = "VARCHAR"
-- ended_at         = "VARCHAR"
-- status           = "VARCHAR"
-- is_tried         = "BOOLEAN"
-- is_stream        = "BOOLEAN"
-- is_partial       = "BOOLEAN"
-- model_group      = "VARCHAR"
-- deployment       = "VARCHAR"
-- model            = "VARCHAR"
-- provider         = "VARCHAR"
-- key_alias        = "VARCHAR"
-- team             = "VARCHAR"
-- labels           = "JSON"
-- hop              = "BIGINT"
-- ttft_ms          = "DOUBLE"
-- cache_hit        = "BOOLEAN"
-- input_tokens     = "BIGINT"
-- output_tokens    = "BIGINT"
-- cost_usd         = "DOUBLE"
-- response_id      = "VARCHAR"
-- request_id       = "VARCHAR"
-- error            = "STRUCT(\"class\" VARCHAR, status BIGINT, code VARCHAR, request_id VARCHAR, phrases VARCHAR[])"
--
-- A line without a deployment called tells of a group whose deployments were cooling down, or spent: it asked no model.
-- A stream that failed after its first words was being answered: the client saw HTTP 200 from that deployment.
select
    case when readback_witness = 1 then call_id || '/' || cast(attempt as varchar) end as attempt_key,
    call_id as request_key,
    'explicit_attempts' as chain_basis,
    try_cast(started_at as timestamptz) as started_at,
    try_cast(ended_at as timestamptz) as ended_at,
    ttft_ms,
    model_group as route,
    key_alias,
    team,
    provider,
    case when is_tried then model end as model_requested,
    case when is_tried and (status <> 'failure' or is_partial) then model end as model_served,
    case when is_tried and (status <> 'failure' or is_partial) then 'deployment' end as served_model_source,
    case when is_tried then deployment end as deployment,
    case status when 'success' then 'ok' when 'failure' then 'error' when 'cancelled' then 'cancelled' end as status,
    error.status as http_status,
    error.code as error_code,
    error.class as error_type,
    nullif(array_to_string(error.phrases, ', '), '') as error_message,
    input_tokens,
    output_tokens,
    cost_usd,
    cache_hit as is_cache_hit,
    is_stream,
    case when status <> 'failure' then hop end as declared_fallback_count,
    trace_id,
    coalesce(request_id, error.request_id) as provider_request_id,
    response_id as provider_response_id,
    list_transform(map_entries(try_cast(labels as map(varchar, varchar))), lambda label: label.key || ':' || label.value) as tags,
    labels as metadata,
    case
        when readback_witness <> 1 then 'a line of witness version ' || readback_witness || '; this readback reads version 1'
        when status not in ('success', 'failure', 'cancelled') then 'a status that the witness does not write: ' || status
    end as problem
from records
