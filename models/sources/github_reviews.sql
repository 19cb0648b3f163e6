-- [source]
-- title     = "GitHub pull-request reviews"
-- file      = "JSON lines of `pull_request_review` webhook bodies, as GitHub delivered them"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["action", "review.state", "pull_request.number", "repository.full_name"]
-- required  = ["review", "pull_request", "repository"]
-- ignored   = "comments or is pending, which decides nothing"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: payload schemas of octokit/webhooks"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in the pull request's text, a label or the branch, else by `owner/repo#number`",
--              "what counts is a reviewer's latest approval or request for changes; a later push makes it stale, which is not told",
--              "a dismissed review no longer says what it was", "who reviewed after the merge is not told from who did before"]
-- [columns]
-- action       = "VARCHAR"
-- review       = "STRUCT(id VARCHAR, \"user\" STRUCT(id VARCHAR, \"login\" VARCHAR, \"type\" VARCHAR), submitted_at VARCHAR, state VARCHAR)"
-- pull_request = "STRUCT(\"number\" VARCHAR, body VARCHAR, updated_at VARCHAR, labels STRUCT(\"name\" VARCHAR)[], head STRUCT(ref VARCHAR))"
-- repository   = "STRUCT(full_name VARCHAR)"
--
-- The record is the reviewer's opinion of the pull request, not one review: a later review replaces it and a dismissal
-- takes it back. A dismissal repeats the time of the review that it dismisses: it outranks that one and no later one.
with opinions as (
    select
        *,
        lower(review.state) as state,
        repository.full_name || '#' || pull_request.number as pull_request_key,
        try_cast(review.submitted_at as timestamptz) as submitted_at,
        regexp_extract(
            concat_ws(
                ' ', array_to_string(list_transform(pull_request.labels, lambda l: l.name), ' '), pull_request.head.ref, pull_request.body
            ), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']
        ) as told
    from records
)

select
    'review_decision' as kind,
    'github' as source_system,
    pull_request_key || '/' || left(md5(pull_request_key || coalesce(review.user.id, review.id)), 12) as source_record_id,
    2 * greatest(epoch_ms(submitted_at), 0) + if(state = 'dismissed', 1, 0) as revision,
    state = 'dismissed' as retracted,
    case
        when is_ignored then null
        when state = 'dismissed' then coalesce(try_cast(pull_request.updated_at as timestamptz), submitted_at)
        else submitted_at
    end as occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'pull_request' as artifact_type,
    pull_request_key as artifact_id,
    case lower(review.user.type) when 'user' then 'human' when 'bot' then 'system' end as actor_kind,
    coalesce(review.user.id, review.user.login) as actor_ref,
    case state when 'approved' then 'approved' when 'changes_requested' then 'rejected' end as decision,
    case
        when is_ignored or review is null then null
        when submitted_at is null then 'review.submitted_at is missing or no time'
        when coalesce(review.user.id, review.id) is null then 'neither review.user.id nor review.id is there'
        when coalesce(state, '') not in ('approved', 'changes_requested', 'dismissed') then 'review.state is none that GitHub writes'
        when pull_request_key is null then 'repository.full_name or pull_request.number is missing'
    end as problem,
    is_ignored
from (select *, coalesce(state in ('commented', 'pending'), false) as is_ignored from opinions)
