-- Macro: the parts of what things cost where run_usage answers for all runs.  One row per combination of values and is_ok.
-- params: none
create or replace temp macro cost_parts(f, dim_1, dim_2, dim_3, summed) as table
select *
from summed_costs(f, dim_1, dim_2, dim_3, summed)
