-- What a policy class may match on: one row per combination that the attempts of the range hold.
-- A call takes each part from the first attempt that has it, so combinations of calls are looked at.
select distinct workflow, team, environment, route, key_alias, service
from calls
