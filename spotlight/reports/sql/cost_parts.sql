-- Macro: the parts of what things cost: of steps, unless run_usage answers (usage_question.py).
-- One row per combination of values and is_ok.
-- params: none
create or replace macro cost_parts(f, dim_1, dim_2, dim_3, summed) as table
select *
from step_costs(f, dim_1, dim_2, dim_3)
