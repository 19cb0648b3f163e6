-- Attempts of the range that a better-placed observer tells of too: the same id of the provider, within a minute.
-- Gateways are believed before applications, applications before providers (`observers`). Provider ids alone are no
-- identity (they repeat in the wild), so time and another source must agree.
-- Logs of one system share its own ids: a call that a better-placed one tells of is told, with all of its attempts.
with placed as (
    select a.attempt_id, a.source, a.started_at, a.provider_request_id, a.provider_response_id, o.place
    from attempts as a
    inner join observers as o on a.source = o.source
    where a.started_at >= $from_at and a.started_at < $to_at
),

lesser as (
    select * from placed where place > (select min(place) from placed)
),

by_request as (
    select l.attempt_id
    from lesser as l
    inner join placed as b on l.provider_request_id = b.provider_request_id and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
),

by_response as (
    select l.attempt_id
    from lesser as l
    inner join placed as b on l.provider_response_id = b.provider_response_id and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
),

present as (
    select distinct source from placed
),

systems as (
    select o.system
    from observers as o
    inner join present as p on o.source = p.source
    where o.system is not null
    group by o.system
    having count(*) > 1
),

told as (
    select
        a.attempt_id, a.started_at, a.chain_basis, a.trace_id, o.system, o.place,
        substr(a.request_id, length(a.source) + 2) as call_key
    from attempts as a
    inner join observers as o on a.source = o.source
    inner join systems as s on o.system = s.system
    where a.started_at >= $from_at and a.started_at < $to_at
),

by_call as (
    select l.attempt_id
    from told as l
    inner join told as b on l.system = b.system and l.call_key = b.call_key and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 3600000000
),

by_trace as (
    select l.attempt_id
    from told as l
    inner join told as b on l.system = b.system and l.trace_id = b.trace_id and b.place < l.place
    where l.chain_basis in ('trace_id', 'single_row') and abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
)

select attempt_id from by_request
union
select attempt_id from by_response
union
select attempt_id from by_call
union
select attempt_id from by_trace
