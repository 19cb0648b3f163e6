-- One row per record of an outcome source: its latest revision, retracted or not. Reads outcomes.
-- Few records are ever revised, so what a later revision replaces is taken away from all.
with revised as (
    select source_system, source_record_id, kind, max(revision) as revision
    from outcomes
    where revision > 0
    group by source_system, source_record_id, kind
),

replaced as (
    select outcomes.outcome_id
    from outcomes
    inner join revised using (source_system, source_record_id, kind)
    where outcomes.revision < revised.revision
)

select * from outcomes where outcome_id not in (select outcome_id from replaced)
