-- One row: one judged request that a model answered which an admin had switched off when it started.
-- Reads: judged_requests, admin_switches. The latest switch counts that concerns the model, its provider and the caller.
select j.request_id
from judged_requests as j
inner join admin_switches as a
    on a.switched_at <= j.started_at
    and (a.model is null or a.model = j.served_model)
    and (a.provider is null or a.provider = j.served_provider or a.model = j.served_model)
    and (a.model is not null or a.provider is not null)
    and (a.part is null or a.part in (lower(j.team), lower(j.environment), lower(j.service), lower(j.key_alias)))
where j.has_left and j.server = 'substitute'
group by j.request_id
having not arg_max(a.is_enabled, a.switched_at)
