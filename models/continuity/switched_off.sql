-- One row: a copilot's turn of the range that left its preferred model while an admin had the model's provider switched
-- off: nothing failed, the platform answers with its default model instead. Purview tells both, and no cause.
-- Reads: requests, model_names, admin_changes.
-- A switch takes hours to reach everyone: turns may stay with the model for a while after it goes off, which is no
-- fallback, and with the default for a day after it comes on again, which is the admin's still. A switch for some users
-- names nobody, and so explains no turn.
-- Bound: $from_at inclusive, $to_at exclusive, on the start of the request.
with names as (
    select distinct model, provider from model_names where provider is not null
)

select r.request_id
from requests as r
inner join names as n on r.preferred_model = n.model
inner join admin_changes as c on n.provider = c.provider and c.seen_at <= r.started_at
where
    r.started_at >= $from_at and r.started_at < $to_at
    and r.source = 'copilot_studio' and r.is_fallback and r.first_cause is null
    and c.source = 'purview_admin' and c.model is null and not coalesce(contains(c.scope, '/'), false)
group by r.request_id
having
    max(case when not c.is_enabled then epoch_us(c.seen_at) end)
    > max(case when c.is_enabled and epoch_us(r.started_at) - epoch_us(c.seen_at) >= 86400000000 then epoch_us(c.seen_at) else 0 end)
