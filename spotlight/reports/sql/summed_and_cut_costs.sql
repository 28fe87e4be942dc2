-- Macro: the parts of what things cost where run_usage answers for all runs but some, which asked_steps() has.
-- One row per combination of values and is_ok, and of which of the two.
-- params: none
create or replace temp macro cost_parts(f, dim_1, dim_2, dim_3, summed) as table
select *
from summed_costs(f, dim_1, dim_2, dim_3, summed)
union all
select *
from step_costs(f, dim_1, dim_2, dim_3)
