-- One row: one thing that an admin switched, by the canonical name of its model, and whom it concerns.
-- Reads: admin_changes, switched_models(name, model): the names of admin_changes as policy and logs call them.
-- part is the project, workspace or group that a switch is limited to, lower case and without the prefix of its id: it
-- concerns requests whose team, environment, service or key has that name. NULL concerns everybody. A switch for some
-- people only names nobody and so concerns no request.
select
    c.change_id,
    c.provider,
    coalesce(m.model, c.model) as model,
    c.is_enabled,
    coalesce(c.effective_at, c.seen_at) as switched_at,
    case
        when c.source = 'purview_admin' then coalesce(lower(c.scope), 'microsoft')
        when starts_with(c.scope, 'organizations/') then null
        when contains(c.scope, '/') or starts_with(c.scope, 'proj')
            then regexp_replace(lower(regexp_extract(c.scope, '[^/]+$')), '^(proj|wrkspc)_', '')
    end as part
from admin_changes as c
left join switched_models as m on c.model = m.name
