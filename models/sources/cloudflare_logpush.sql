-- [source]
-- title     = "Cloudflare AI Gateway, Logpush"
-- file      = "the .log.gz objects of a Logpush job on the AI Gateway dataset, as pushed, or decrypted by your own worker"
-- emits     = "attempts"
-- recognize = ["Gateway", "Provider", "Model", "Endpoint", "StatusCode"]
-- required  = ["StatusCode"]
-- reports   = ["error", "served_model", "requested_model", "workflow"]
-- evidence  = "the vendor's description of the encrypted parts and the plain keys that public consumers read; Cached, RateLimited and the key of the time UNVERIFIED"
-- limits    = ["metadata is encrypted: without the private key no row has a workflow, a team or an id of its call",
--              "the vendor lists no field of time: Datetime, Timestamp, EventTimestamp, EdgeStartTimestamp and CreatedAt are tried, and a row without any is refused",
--              "no step, no duration, no tokens, no cost: that a row is a fallback is not told; the REST logs tell more",
--              "decrypted rows with gateway_request_id in their metadata are joined into calls",
--              "spend limit and the provider's throttling are both 429; the gateway's own limit only where RateLimited says so",
--              "a row has no id: rows that are equal in time, model, status and encryption count once"]
-- [columns]
-- Gateway            = "VARCHAR"
-- Provider           = "VARCHAR"
-- Model              = "VARCHAR"
-- Endpoint           = "VARCHAR"
-- StatusCode         = "BIGINT"
-- Cached             = "VARCHAR"
-- RateLimited        = "VARCHAR"
-- Metadata           = "JSON"
-- Datetime           = "VARCHAR"
-- Timestamp          = "VARCHAR"
-- EventTimestamp     = "VARCHAR"
-- EdgeStartTimestamp = "VARCHAR"
-- CreatedAt          = "VARCHAR"
--
-- The three bodies are {key, iv, data}: an iv is drawn anew for each row, so it tells rows apart. Bodies are never read.
-- Logpush writes a time as RFC 3339, in seconds or in nanoseconds, by the job's timestamp_format.
with timed as (
    select
        *,
        list_transform([coalesce(Datetime, Timestamp, EventTimestamp, EdgeStartTimestamp, CreatedAt)], lambda word: case
            when try_cast(word as double) is null then try_cast(word as timestamptz)
            when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
            when try_cast(word as double) between 1e11 and 1e14 then to_timestamp(cast(word as double) / 1e3)
            when try_cast(word as double) between 1e17 and 9e18 then make_timestamptz(try_cast(word as bigint) // 1000)
        end)[1] as seen_at,
        case when json_type(Metadata) = 'OBJECT' and json_extract_string(Metadata, '$.iv') is null then Metadata end as labels
    from records
),

keyed as (
    select
        *,
        starts_with(Model, 'dynamic/') as is_route,
        absent(json_extract_string(labels, '$.gateway_request_id')) as call_id,
        md5(concat_ws('/', epoch_us(seen_at), Gateway, Endpoint, Provider, Model, StatusCode, cast(Metadata as varchar))) as row_key
    from timed
)

select
    row_key as attempt_key,
    coalesce(call_id, row_key) as request_key,
    if(call_id is null, 'single_row', 'explicit_attempts') as chain_basis,
    seen_at as started_at,
    case when is_route then Model end as route,
    Gateway as service,
    Provider as provider,
    case when not is_route then Model end as model_requested,
    case when StatusCode < 400 and not is_route then Model end as model_served,
    'deployment' as served_model_source,
    Provider as deployment,
    case when StatusCode between 100 and 399 then 'ok' when StatusCode between 400 and 599 then 'error' end as status,
    StatusCode as http_status,
    case when StatusCode = 424 then 'guardrail_intervened' end as error_code,
    case when try_cast(RateLimited as boolean) then 'gateway_rate_limit' end as error_reason,
    try_cast(Cached as boolean) as is_cache_hit,
    labels as metadata,
    case when seen_at is null and StatusCode is not null
            then 'no time: add a field of time to the Logpush job, or Datetime when you decrypt'
    end as problem
from keyed
