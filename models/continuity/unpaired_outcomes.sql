-- One row per outcome that is told and not linked, and per link whose outcome is no longer told as it was.
-- Reads current_outcomes, outcome_links. Both hold millions, few of which lack the other: one join finds both.
select coalesce(told.outcome_id, links.outcome_id) as outcome_id, links.outcome_id is null as is_unlinked
from current_outcomes as told
full join outcome_links as links on told.outcome_id = links.outcome_id
where told.outcome_id is null or links.outcome_id is null
