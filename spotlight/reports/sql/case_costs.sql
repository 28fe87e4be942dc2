-- Every price that the steps of some runs were given.  One row per (run, step, priced).
-- params: runs
select *
from costs
where run_id in (select unnest(cast($runs as varchar[])))
order by run_id, span_id, priced_ns
