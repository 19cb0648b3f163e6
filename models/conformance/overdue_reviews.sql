-- One row: one active policy version that holds at $as_of and whose review was due before.
-- Reads: policies.
select policy_id, version, owner_team, owner_contact, review_next_due, cast($as_of as date) - review_next_due as overdue_days
from policies
where
    status = 'active' and effective_from <= $as_of and (effective_to is null or effective_to > $as_of)
    and review_next_due < cast($as_of as date)
order by review_next_due, policy_id
