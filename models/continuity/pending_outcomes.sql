-- One row per outcome that must be linked anew: it is not linked yet, or it is one of touched_outcomes.
-- Reads current_outcomes, outcome_links, touched_outcomes.
select outcome_id from current_outcomes where outcome_id not in (select outcome_id from outcome_links)
union
select outcome_id from touched_outcomes
