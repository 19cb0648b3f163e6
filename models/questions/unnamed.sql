-- [question]
-- ask = "Which requests name no workflow, and what else do they carry?"
select source, route, key_alias, service, count(*) as requests
from requests
where workflow is null
group by source, route, key_alias, service
order by requests desc, source, route, key_alias, service
limit 100
