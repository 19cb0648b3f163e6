-- [source]
-- title     = "Amazon Augmented AI (A2I) human loops"
-- file      = "output.json of each human loop, from the bucket of the flow definition; JSON lines or a JSON list of several"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["flowDefinitionArn", "humanLoopName", "humanAnswers"]
-- required  = ["humanLoopName", "humanAnswers"]
-- ignored   = "holds no answer"
-- reports   = ["outcomes"]
-- evidence  = "docs only: awsdocs/amazon-sagemaker-developer-guide a2i-output-data; A2I takes no new customers"
-- limits    = ["A2I knows no verdict: an answer named `review_decision` with one of readback's decisions is a review, every other answer is feedback",
--              "tied by a loop named `rb1-<request id>`, or by `rb1:<trace>:<request>` in `inputContent.readback_ref`",
--              "a loop that failed or was stopped writes no output; when it was asked for is not told",
--              "how long a person took is not read"]
-- [columns]
-- humanLoopName = "VARCHAR"
-- inputContent  = "STRUCT(readback_ref VARCHAR, humanTaskActivationConditionResults JSON)"
-- humanAnswers  = "STRUCT(answerContent STRUCT(review_decision JSON), submissionTime VARCHAR, workerId VARCHAR)[]"
--
-- A classifier writes its answer as {"label": …}, an input field as plain text.
with answers as (
    select
        line,
        humanLoopName,
        place,
        humanAnswers[place] as answer,
        list_filter(
            try_cast(json_extract(inputContent.humanTaskActivationConditionResults, '$.Conditions') as json[]),
            lambda c: json_extract_string(c, '$.EvaluationResult') = 'true'
        ) as met_conditions,
        regexp_extract(inputContent.readback_ref, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from (select *, unnest(range(1, len(humanAnswers) + 1)) as place from records)
),

judged as (
    select
        *,
        try_cast(answer.submissionTime as timestamptz) as submitted_at,
        lower(coalesce(
            json_extract_string(answer.answerContent.review_decision, '$.label'), json_extract_string(answer.answerContent.review_decision, '$')
        )) as word
    from answers
),

decided as (
    select
        *,
        case
            when list_contains(['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], word) then word
        end as decision
    from judged
)

select
    line,
    if(decision is null, 'feedback', 'review_decision') as kind,
    'a2i' as source_system,
    humanLoopName || '/' || place as source_record_id,
    submitted_at as occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    coalesce(nullif(nullif(told.request_id, '-'), ''), nullif(regexp_extract(humanLoopName, '^rb1-(.+)$', 1), '')) as request_id,
    'task' as artifact_type,
    humanLoopName as artifact_id,
    'human' as actor_kind,
    answer.workerId as actor_ref,
    decision,
    case when len(list_filter(met_conditions, lambda c: contains(cast(c as varchar), 'ConfidenceLessThan'))) > 0 then 'low_confidence' end as reason_code,
    case
        when len(list_filter(met_conditions, lambda c: contains(cast(c as varchar), '"Sampling"'))) > 0 then 'sampled'
        when len(met_conditions) > 0 then 'mandatory'
    end as review_mode,
    case when submitted_at is null then 'answer ' || place || ' has no submissionTime that is a time' end as problem
from decided
order by line, place
