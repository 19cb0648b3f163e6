-- [question]
-- ask = "What does a column mean?"
-- [parameters]
-- name = "verdict"
select table_name, column_name, sql_type, is_nullable, description
from data_dictionary
where column_name = $name
order by table_name
