-- For each workflow that left its preferred model in the range, or has an episode there: where its episodes must be
-- read from again. That is $margin_s before the range, or the opening of an episode that reaches over that time.
with concerned as (
    select workflow, preferred_model
    from requests
    where is_fallback and started_at >= $from_at and started_at < $to_at and preferred_model is not null
    union
    select workflow, preferred_model
    from episodes
    where opened_at < $to_at and coalesce(recovered_at, last_seen_at) + to_seconds($margin_s) >= $from_at
)

select
    c.workflow,
    c.preferred_model,
    least($from_at - to_seconds($margin_s), min(e.opened_at)) as restart_at
from concerned as c
left join episodes as e
    on c.workflow is not distinct from e.workflow and c.preferred_model = e.preferred_model
    and e.opened_at < $from_at - to_seconds($margin_s)
    and coalesce(e.recovered_at, e.last_seen_at) + to_seconds($margin_s) >= $from_at - to_seconds($margin_s)
group by c.workflow, c.preferred_model
