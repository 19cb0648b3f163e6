-- [question]
-- ask = "How was each class judged week by week, and how large may its share of breaches be?"
--
-- One row: one workflow class and week, the newest first.
select * from conformance_weeks
order by week_start desc, workflow_class nulls last
