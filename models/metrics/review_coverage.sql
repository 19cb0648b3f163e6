-- [metric]
-- question   = "How many of the outputs that were released or held did a person decide on?"
-- unit       = "fraction"
-- better     = "higher"
-- estimator  = "proportion"
-- lanes      = ["all", "preferred", "fallback"]
-- outcome    = "review_decision"
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["Wilson 1927", "Kish 1965 (design effect)"]
--
-- A run without a decision counts once its review window has elapsed; run_status then calls it not_eligible for the
-- override rate. A run that is still within its window is observable and not yet mature. Where an outcome source samples,
-- this is the share that it shows to be decided: what it did not show is not weighed up.
with reviewable as (
    select
        *,
        is_reviewable or status in ('event', 'clear') as is_eligible,
        status in ('event', 'clear') and is_mature as is_decided,
        status in ('event', 'clear') and is_mature or is_reviewable and status = 'not_eligible' as is_settled
    from run_clusters
    where metric = 'override'
)

select
    day, workflow, workflow_class, team, cause, model, provider, lane,
    sum(case when is_decided then logged_count else 0 end) as numerator,
    sum(case when is_settled then logged_count else 0 end) as denominator,
    sum(case when is_eligible then logged_count else 0 end) as eligible,
    sum(case when is_eligible and status <> 'uncovered' then logged_count else 0 end) as observable,
    sum(case when is_eligible and is_unseen then logged_count else 0 end) as unseen,
    sum(case when is_settled then logged_squares else 0 end) as weight_squares,
    max(closes_at) as closes_at
from reviewable
group by day, workflow, workflow_class, team, cause, model, provider, lane
