-- Attempts of the range that a better-placed observer tells of too, each with the attempt that is believed for it.
-- Gateways are believed before applications, applications before providers (`observers`). The same id of the provider
-- within a minute proves it: alone it is no identity (ids repeat in the wild), so time and another source must agree.
-- Logs of one system share its own ids: a call that a better-placed one tells of is told, with all of its attempts;
-- believed for one of them is the nearest attempt with the same end, NULL where the other log tells of none.
-- A failed call may be known here by its own id and there by its trace: then its record bears that id, too.
with placed as (
    select a.attempt_id, a.source, a.started_at, a.status, a.provider_request_id, a.provider_response_id, o.place
    from attempts as a
    inner join observers as o on a.source = o.source
    where a.started_at >= $from_at and a.started_at < $to_at
),

lesser as (
    select * from placed where place > (select min(place) from placed)
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
    select p.*, o.system, substr(a.request_id, length(a.source) + 2) as call_key, a.chain_basis, a.trace_id
    from placed as p
    inner join attempts as a on p.attempt_id = a.attempt_id
    inner join observers as o on p.source = o.source
    inner join systems as s on o.system = s.system
    where a.started_at >= $from_at and a.started_at < $to_at
),

links as (
    select l.attempt_id, b.attempt_id as better_id, false as is_of_a_call
    from lesser as l
    inner join placed as b on l.provider_request_id = b.provider_request_id and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
    union all
    select l.attempt_id, b.attempt_id as better_id, false as is_of_a_call
    from lesser as l
    inner join placed as b on l.provider_response_id = b.provider_response_id and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
    union all
    select l.attempt_id, b.attempt_id as better_id, true as is_of_a_call
    from told as l
    inner join told as b on l.system = b.system and l.call_key = b.call_key and b.place < l.place
    where abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 3600000000
    union all
    select l.attempt_id, b.attempt_id as better_id, true as is_of_a_call
    from told as l
    inner join told as b on l.system = b.system and l.call_key = b.provider_response_id and b.place < l.place
    where l.status = 'error' and abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 3600000000
    union all
    select l.attempt_id, b.attempt_id as better_id, true as is_of_a_call
    from told as l
    inner join told as b on l.system = b.system and l.trace_id = b.trace_id and b.place < l.place
    where l.chain_basis in ('trace_id', 'single_row')
        and abs(epoch_us(l.started_at) - epoch_us(b.started_at)) <= 60000000
)

select
    l.attempt_id,
    min(l.source) as source,
    min(l.place) as place,
    arg_min(b.attempt_id, (b.place, abs(epoch_us(l.started_at) - epoch_us(b.started_at)), b.attempt_id))
        filter (where l.status = b.status or not links.is_of_a_call) as better_attempt_id
from links
inner join placed as l on links.attempt_id = l.attempt_id
inner join placed as b on links.better_id = b.attempt_id
group by l.attempt_id
