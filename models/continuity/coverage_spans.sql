-- One row per workflow, outcome kind and stretch of time in which the same outcome sources were watching.
-- Reads outcome_coverage (workflows may be patterns with *) and runs (for the names; '' is a run without one).
--
-- Stretches do not overlap, so that a run meets at most one. Read completely means read by every source that watches.
with workflows as (
    select distinct coalesce(workflow, '') as workflow from runs
),

watched as (
    select
        workflows.workflow,
        coverage.kind,
        coverage.coverage_from as from_at,
        coalesce(coverage.coverage_to, timestamptz '9999-12-31 00:00:00+00') as to_at,
        least(coverage.watermark_at, coalesce(coverage.coverage_to, coverage.watermark_at)) as watermark_at,
        coverage.mode,
        coverage.sample_rate
    from workflows
    inner join outcome_coverage as coverage
        on workflows.workflow like replace(
            replace(replace(replace(coverage.workflow, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%'
        ) escape '!'
),

edges as (
    select workflow, kind, from_at as edge_at from watched
    union
    select workflow, kind, to_at from watched
),

stretches as (
    select
        workflow, kind, edge_at as from_at,
        lead(edge_at) over (partition by workflow, kind order by edge_at) as to_at
    from edges
)

select
    stretches.workflow,
    stretches.kind,
    stretches.from_at,
    stretches.to_at,
    min(watched.watermark_at) as watermark_at,
    max(case when watched.mode = 'complete' then 1 else 0 end) = 1 as is_complete,
    case
        when max(case when watched.mode = 'complete' then 1 else 0 end) = 1 then 1.0
        else coalesce(1.0 / max(watched.sample_rate), 1.0)
    end as weight
from stretches
inner join watched
    on stretches.workflow = watched.workflow
    and stretches.kind = watched.kind
    and stretches.from_at >= watched.from_at
    and stretches.to_at <= watched.to_at
group by stretches.workflow, stretches.kind, stretches.from_at, stretches.to_at
