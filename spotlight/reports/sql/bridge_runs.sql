-- The runs that weigh most in the lines of a bridge, the heaviest first.  One row per line and run.
-- params: filters, weights, examples
with
weights as (  -- what a unit of the driver adds to a line, by pack and model
  select unnest(
    cast($weights as struct(line varchar, pack varchar, model varchar, driver varchar, weight double)[]),
    recursive := true
  )
),
per_run as (
  select
    s.run_id, s.pack_name as pack, s.model,
    sum(s.cost_usd) as cost,
    count(*) filter (where not s.is_paid_retry) as calls,
    count(*) filter (where s.is_paid_retry) as retries,
    sum(s.uncached_input_tokens + coalesce(s.cache_read_tokens, 0) + coalesce(s.cache_write_tokens, 0)) as input,
    sum(s.output_tokens) as output,
    sum(s.uncached_input_tokens + coalesce(s.cache_write_tokens, 0)) as uncached
  from paid_calls($filters) as s
  group by s.run_id, s.pack_name, s.model
),
scored as (
  select w.line, p.run_id, sum(w.weight * case w.driver
    when 'cost' then p.cost
    when 'calls' then p.calls
    when 'retries' then p.retries
    when 'input' then p.input
    when 'output' then p.output
    when 'uncached' then p.uncached
  end) as score
  from weights as w
  join per_run as p on p.pack is not distinct from w.pack and p.model is not distinct from w.model
  group by w.line, p.run_id
)
select line, run_id, score
from scored
where score > 0
qualify row_number() over (partition by line order by score desc, run_id) <= $examples
order by line, score desc, run_id
