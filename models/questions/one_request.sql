-- [question]
-- ask = "What happened to one request, attempt by attempt, and in which line of which file?"
-- [parameters]
-- request_id = "litellm:…"
select a.started_at, a.model_requested, a.model_served, a.status, a.cause, a.http_status, a.duration_ms, f.path, a.line
from attempts as a
inner join files as f on a.file_id = f.file_id
where a.request_id = $request_id
order by coalesce(a.ended_at, a.started_at)
