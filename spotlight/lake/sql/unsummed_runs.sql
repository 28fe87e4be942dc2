-- Versions of runs of which run_usage does not tell the newest sums: replaced, priced again, too large for its
-- columns, or with a step of which nobody knows when it began.  One row per run_version and reason.
-- params: none
select n.run_version, true as is_replaced
from replaced_usage as n
union all
select u.run_version, false as is_replaced
from (
  select run_version
  from stored_run_usage
  where first_of is null or first_ns is null
  union
  select run_version
  from stored_costs
  where span_id is not null
) as u
anti join replaced_usage as n on n.run_version = u.run_version
