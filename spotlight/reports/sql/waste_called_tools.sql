-- Tools that the matching runs of each pack called.  One row per (pack_name, tool_name).
-- params: filters
select distinct pack_name, tool_name
from matching_steps($filters)
where is_tool_call and tool_name is not null
order by pack_name, tool_name
