-- [source]
-- title     = "GitHub commits that revert others"
-- file      = "JSON lines or a list: GET /repos/<owner>/<repo>/commits (stored push webhooks: github_pushes)"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["sha", "html_url", "commit.message"]
-- required  = ["sha", "commit"]
-- ignored   = "reverts nothing"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: schemas of octokit; the words of a revert are those that git and GitHub write"
-- limits    = ["a revert is known by git's own sentence (This reverts commit …) or GitHub's (Reverts owner/repo#12): one by hand is not seen",
--              "tied by `rb1:<trace>:<request>` in the commit that is reverted, where this file holds it, or in the revert; else by the commit",
--              "a revert that is itself reverted is taken back where both stand in the same file",
--              "a commit does not name its branch: export the default branch only", "GitHub states no severity"]
-- [columns]
-- sha      = "VARCHAR"
-- html_url = "VARCHAR"
-- "commit" = '''STRUCT(message VARCHAR, committer STRUCT("date" VARCHAR))'''
--
-- A message is searched for the reverted commit and for readback's reference; nothing of it goes on.
with read as (
    select
        line,
        nullif(regexp_extract(html_url, '([\w.-]+/[\w.-]+)/commit/', 1), '') as repository_name,
        lower(sha) as sha,
        try_cast(commit.committer.date as timestamptz) as committed_at,
        nullif(lower(regexp_extract(commit.message, '(?i)\bthis reverts commit ([0-9a-f]{7,40})\b', 1)), '') as reverted_sha,
        regexp_extract(commit.message, '(?i)\breverts ([\w.-]+/[\w.-]+)?#([0-9]+)\b', ['repository', 'number']) as reverted_pull,
        regexp_extract(commit.message, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from records
),

once as (
    select sha, any_value(reverted_sha) as reverted_sha, any_value(reverted_pull) as reverted_pull, any_value(told) as told
    from read
    group by sha
),

reverts as (
    select * from read where reverted_sha is not null or reverted_pull.number <> ''
),

judged as (
    select
        own.line, own.repository_name, own.committed_at,
        coalesce(undone.sha, own.sha) as record_sha,
        undone.sha is not null as is_taken_back,
        if(undone.sha is null, own.reverted_sha, undone.reverted_sha) as reverted_sha,
        if(undone.sha is null, own.reverted_pull, undone.reverted_pull) as reverted_pull,
        own.told
    from reverts as own
    left join once as undone
        on left(undone.sha, 7) = left(own.reverted_sha, 7) and starts_with(undone.sha, own.reverted_sha)
        and (undone.reverted_sha is not null or undone.reverted_pull.number <> '')
),

tied as (
    select
        judged.*,
        coalesce(nullif(original.told.request_id, ''), judged.told.request_id) as request_id,
        coalesce(nullif(original.told.trace_id, ''), judged.told.trace_id) as trace_id
    from judged
    left join once as original
        on left(original.sha, 7) = left(judged.reverted_sha, 7) and starts_with(original.sha, judged.reverted_sha)
)

select
    line,
    'downstream_error' as kind,
    'github' as source_system,
    coalesce(repository_name, 'repository') || '/revert/' || record_sha as source_record_id,
    if(is_taken_back, 1, 0) as revision,
    is_taken_back as retracted,
    committed_at as occurred_at,
    'exact' as time_quality,
    nullif(trace_id, '-') as trace_id,
    nullif(request_id, '-') as request_id,
    if(reverted_sha is not null, 'commit', 'pull_request') as artifact_type,
    coalesce(reverted_sha, coalesce(nullif(reverted_pull.repository, ''), repository_name) || '#' || reverted_pull.number) as artifact_id,
    'revert' as error_type,
    case
        when record_sha is null then 'a commit has no id'
        when committed_at is null then 'a commit has no time'
    end as problem
from tied
order by line, source_record_id
