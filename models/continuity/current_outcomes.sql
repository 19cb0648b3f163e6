-- One row per record of an outcome source: its latest revision, retracted or not. Reads outcomes.
with latest_revisions as (
    select source_system, source_record_id, kind, max(revision) as revision
    from outcomes
    group by source_system, source_record_id, kind
)

select outcomes.*
from outcomes
inner join latest_revisions using (source_system, source_record_id, kind, revision)
