-- [source]
-- title     = "Argilla records with their responses"
-- file      = "JSON lines or a JSON list of records: `items` of GET /api/v1/datasets/<id>/records with `include=responses,suggestions`, or `Record.to_dict()`"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["fields", "suggestions", "responses", "metadata", "status"]
-- required  = ["id", "responses"]
-- ignored   = "holds no submitted or discarded response"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package argilla 2.8.0"
-- limits    = ["an export has no times and no response status: it is read only where `metadata.exported_at` gives the time of the batch",
--              "tied to a run by `rb1:<trace>:<request>` in `external_id` (exported as `id`) or in the metadata",
--              "a decision is the answer to a question `review_decision`, or whether the only question with a model's suggestion was answered as suggested (approved) or not (replaced); everything else is feedback"]
-- [columns]
-- id          = "VARCHAR"
-- external_id = "VARCHAR"
-- metadata    = "JSON"
-- suggestions = "JSON"
-- responses   = "JSON"
--
with suggested as (
    select
        line, id, external_id, metadata, responses,
        case json_type(suggestions)
            when 'ARRAY' then list_transform(
                list_filter(try_cast(suggestions as json[]), lambda s: coalesce(json_extract_string(s, '$.type'), 'model') = 'model'),
                lambda s: {question: json_extract_string(s, '$.question_name'), answer: json_extract(s, '$.value')}
            )
            when 'OBJECT' then list_transform(
                json_keys(suggestions), lambda q: {question: q, answer: try(json_extract(suggestions, '$."' || q || '".value'))}
            )
        end as suggestions
    from records
),

submitted as (
    select
        line, id, external_id, metadata, suggestions,
        json_extract_string(response, '$.id') as response_id,
        json_extract_string(response, '$.user_id') as user_id,
        json_extract_string(response, '$.status') as status,
        json_extract(response, '$.values') as answers,
        coalesce(json_extract_string(response, '$.updated_at'), json_extract_string(response, '$.inserted_at')) as told_at
    from (select *, unnest(try_cast(responses as json[])) as response from suggested where json_type(responses) = 'ARRAY')
),

exported as (
    select
        line, id, external_id, metadata, suggestions, question,
        unnest(try_cast(try(json_extract(responses, '$."' || question || '"')) as json[])) as response
    from (select *, unnest(json_keys(responses)) as question from suggested where json_type(responses) = 'OBJECT')
),

answered as (
    select *, 'exact' as time_quality
    from submitted
    where status in ('submitted', 'discarded')
    union all
    select
        line, id, external_id, metadata, suggestions,
        id || '/' || question || '/' || coalesce(left(md5(json_extract_string(response, '$.user_id')), 12), ''), json_extract_string(response, '$.user_id'),
        'submitted', json_object(question, response), json_extract_string(metadata, '$.exported_at'), 'batch'
    from exported
),

judged as (
    select
        *,
        try_cast(told_at as timestamptz) as answered_at,
        lower(json_extract_string(answers, '$.review_decision.value')) as word,
        case when len(suggestions) = 1 then try(json_extract(answers, '$."' || suggestions[1].question || '".value')) end as answer,
        regexp_extract(
            concat_ws(' ', external_id, id, cast(metadata as varchar)), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']
        ) as told
    from answered
),

decided as (
    select
        *,
        case
            when status = 'discarded' then 'abstained'
            when list_contains(['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], word) then word
            when answer is not null then if(cast(answer as varchar) = cast(suggestions[1].answer as varchar), 'approved', 'replaced')
        end as decision
    from judged
)

select
    line,
    if(decision is null, 'feedback', 'review_decision') as kind,
    'argilla' as source_system,
    response_id as source_record_id,
    greatest(epoch_ms(answered_at), 0) as revision,
    answered_at as occurred_at,
    time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'document' as artifact_type,
    coalesce(external_id, id) as artifact_id,
    if(user_id is null, 'unknown', 'human') as actor_kind,
    user_id as actor_ref,
    decision,
    case
        when answered_at is null and time_quality = 'batch' then 'an export has no times: put `exported_at` into the metadata'
        when answered_at is null then 'a response has no updated_at and no inserted_at'
        when response_id is null then 'a response has no id'
    end as problem
from decided
order by line, source_record_id
