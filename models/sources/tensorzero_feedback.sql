-- [source]
-- title     = "TensorZero, feedback tables"
-- file      = "JSON lines or Parquet of BooleanMetricFeedback and FloatMetricFeedback; rows of DemonstrationFeedback and CommentFeedback may stand beside them, without their value"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["target_id", "metric_name", "value"]
-- required  = ["id"]
-- ignored   = "a comment: a text without a verdict"
-- reports   = ["outcomes"]
-- evidence  = "source and documentation at 7a6159a; no own capture yet"
-- limits    = ["what a metric means is the application's own: every one is feedback, under its name",
--              "a demonstration is rework: whether the output had been released is not told",
--              "who gave it stands in tags of the application's own choice, so it is unknown",
--              "a file of demonstrations alone is not recognized: name the source in readback.toml"]
-- [columns]
-- id           = "VARCHAR"
-- target_id    = "VARCHAR"
-- target_type  = "VARCHAR"
-- inference_id = "VARCHAR"
-- metric_name  = "VARCHAR"
-- value        = "VARCHAR"
--
-- A metric's target is an inference or an episode, and the row does not say which: it is looked for as both.
-- The row's UUIDv7 tells when it was written. Corrected outputs and comments are texts, and never go on.
with dated as (
    select
        *,
        case when regexp_full_match(id, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F-]{21}')
            then make_timestamptz(1000 * cast('0x' || left(replace(id, '-', ''), 12) as bigint)) end as written_at,
        coalesce(target_id, inference_id) as target,
        inference_id is not null and metric_name is null as is_demonstration,
        metric_name is null and inference_id is null and id is not null as is_ignored
    from records
)

select
    case when is_demonstration then 'rework' else 'feedback' end as kind,
    'tensorzero' as source_system,
    id as source_record_id,
    0 as revision,
    case when not is_ignored and target is not null then written_at end as occurred_at,
    'exact' as time_quality,
    lower(replace(target, '-', '')) as trace_id,
    case when not is_demonstration then target end as session_id,
    case when is_demonstration then 'corrected' end as rework_type,
    case
        when is_demonstration then null
        when lower(value) = 'true' then 1
        when lower(value) = 'false' then 0
        when isfinite(try_cast(value as double)) then try_cast(value as double)
    end as score,
    case when regexp_full_match(metric_name, '[\w .:/+-]{1,40}') then metric_name end as label,
    case
        when is_ignored or id is null then null
        when target is null then 'neither target_id nor inference_id says what it is about'
        when written_at is null then 'id is no UUIDv7, which tells the time'
    end as problem,
    is_ignored
from dated
