-- Attempts of the range that a better-placed observer tells of too: the same id of the provider, within a minute.
-- Gateways are believed before applications, applications before providers (`observers`). Provider ids alone are no
-- identity (they repeat in the wild), so time and another source must agree.
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
)

select attempt_id from by_request
union
select attempt_id from by_response
