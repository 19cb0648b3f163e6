-- One row per thing that an admin switched off or on, with the hash of who did it.
-- A row without a change_id could not be read; `problem` says why.
with dated as (
    select * replace (coalesce(problem, case
        when seen_at > $loaded_at + interval 1 day then 'its time lies in the future: ' || cast(seen_at as varchar)
        when seen_at < timestamptz '2015-01-01 00:00:00+00' then 'its time lies before 2015: ' || cast(seen_at as varchar)
    end) as problem)
    from canonical
)

select
    case
        when problem is null and is_enabled is not null and seen_at is not null then md5($source || '/' || change_key)
    end as change_id,
    $source as source,
    absent(scope) as scope,
    lower(absent(provider)) as provider,
    absent(model) as model,
    is_enabled,
    effective_at,
    seen_at,
    case when absent(actor_ref) is not null then left(sha256($hash_key || actor_ref), 32) end as actor_ref,
    $file_id as file_id,
    line,
    problem,
    is_ignored
from dated
