-- [question]
-- ask = "Which substitutions did nobody allow and nobody see: downgrades and upgrades?"
select
    case when list_contains(verdict_reasons, 'silent_upgrade') then 'silent_upgrade' else 'silent_downgrade' end as kind,
    fallback_id, occurred_at, workflow, preferred_model, served_model, cause, verdict, verdict_reasons
from fallback_events
where is_silent
order by occurred_at, fallback_id
