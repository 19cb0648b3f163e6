-- [source]
-- title     = "ServiceNow incidents, Table API"
-- file      = "JSON lines or a JSON list: `result` of GET /api/now/table/incident (`sysparm_display_value=false` or `all`)"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["sys_id", "number", "reopen_count", "sys_updated_on"]
-- required  = ["sys_id"]
-- ignored   = "was never reopened, or does not say so"
-- reports   = ["outcomes"]
-- evidence  = "docs only: third-party schema api-evangelist/servicenow, ServiceNowDocs; every column UNVERIFIED"
-- limits    = ["`reopen_count` has no time: the earliest pull that shows a count gives it, so a reopening is a snapshot and enters no curve",
--              "of several reopenings between two pulls only the last is told",
--              "tied to a run by `rb1:<trace>:<request>` in `correlation_id`, else by the number", "who reopened is not told",
--              "approvals (`sysapproval_approver`) are not read: some decide themselves on their due date",
--              "with `sysparm_display_value=true` times are local and cannot be read right"]
-- [columns]
-- sys_id         = "JSON"
-- number         = "JSON"
-- reopen_count   = "JSON"
-- correlation_id = "JSON"
-- sys_updated_on = "JSON"
--
-- Every value may be a string, or an object with the value beside its display form; empty means absent. The earliest
-- pull outranks later ones of the same count: it lies nearest to the reopening.
with plain as (
    select nullif(trim(coalesce(json_extract_string(columns(*), '$.value'), json_extract_string(columns(*), '$'))), '')
    from records
),

counted as (
    select
        *,
        try_cast(reopen_count as bigint) as reopenings,
        try_cast(sys_updated_on as timestamptz) as seen_at,
        sys_id is not null and (reopen_count is null or coalesce(try_cast(reopen_count as bigint) = 0, false)) as is_ignored,
        regexp_extract(correlation_id, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from plain
)

select
    'rework' as kind,
    'servicenow' as source_system,
    sys_id || '/reopened/' || reopenings as source_record_id,
    greatest(4102444800 - epoch_ms(seen_at) // 1000, 0) as revision,
    case when not is_ignored and sys_id is not null and reopenings > 0 then seen_at end as occurred_at,
    'snapshot' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'ticket' as artifact_type,
    number as artifact_id,
    'reopened' as rework_type,
    case
        when is_ignored or sys_id is null then null
        when coalesce(reopenings < 0, true) then 'reopen_count is no whole number of at least 0'
        when seen_at is null then 'sys_updated_on is missing or no time'
    end as problem,
    is_ignored
from counted
