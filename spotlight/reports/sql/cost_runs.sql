-- The runs behind one combination of values, the dearest first; runs: how many there are without a limit.
-- One row per run.
-- params: filters, by_1, by_2, by_3, key_1, key_2, key_3, limit
select
  s.run_id,
  min(s.started_ns) as started_ns,
  any_value(s.run_status) as status,
  count(*) filter (where s.is_generation) as generations,
  dollars(s.cost_usd) as cost_usd,
  count(*) over () as runs
from matching_steps($filters) as s
where dimension($by_1, s) is not distinct from $key_1
  and dimension($by_2, s) is not distinct from $key_2
  and dimension($by_3, s) is not distinct from $key_3
group by s.run_id
order by cost_usd desc nulls last, started_ns desc, s.run_id
limit $limit
