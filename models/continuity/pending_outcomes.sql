-- One row per outcome that must be linked anew: it is not linked yet, or it is one of touched_outcomes.
-- Reads unpaired_outcomes, touched_outcomes.
select outcome_id from unpaired_outcomes where is_unlinked
union
select outcome_id from touched_outcomes
