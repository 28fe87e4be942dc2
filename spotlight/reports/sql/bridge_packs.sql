-- How many runs have a step that matches.  One row per pack.
-- params: filters
select pack_name as pack, count(distinct run_version) as runs
from matching_steps($filters)
group by pack_name
order by pack_name nulls last
