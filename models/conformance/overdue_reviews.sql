-- [question]
-- ask = "Which versions in force are overdue for review?"
-- [parameters]
-- as_of = ""
--
-- One row: one active policy version that holds at $as_of and whose review was due before.
-- Reads: policies. $as_of empty: as of the newest figures.
with moment as (
    select coalesce(try_cast($as_of as timestamptz), max(as_of)) as as_of from metric_values
)

select
    p.policy_id, p.version, p.owner_team, p.owner_contact, p.review_next_due,
    cast(m.as_of as date) - p.review_next_due as overdue_days
from policies as p
cross join moment as m
where
    p.status = 'active' and p.effective_from <= m.as_of and (p.effective_to is null or p.effective_to > m.as_of)
    and p.review_next_due < cast(m.as_of as date)
order by p.review_next_due, p.policy_id
