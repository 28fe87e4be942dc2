-- What the steps of one run cost, where they have a price.  One row per step.
-- params: run_id, date
select span_id, cost_usd
from steps
where run_id = $run_id and date = $date and cost_usd is not null
