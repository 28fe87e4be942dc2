-- What agents spent themselves and what was spent below them, the dearest first.  One row per agent name.
-- params: filters
with recursive
spent as materialized (  -- by the agent span that the steps stand under; an agent's own span stands under itself
  select
    s.run_version,
    if(s.kind = 'agent', s.span_id, s.agent_span_id) as agent_span,
    s.agent_name,
    sum(try_cast(s.cost_usd as decimal(38, 12))) as cost_usd,
    count(*) filter (where s.kind = 'agent') as invocations,
    count(*) filter (where s.unpriced_reason is not null) as unpriced_generations
  from matching_steps($filters) as s
  group by 1, 2, 3
),
agents as materialized (  -- spans above may lie outside the window
  select run_version, span_id, agent_span_id, agent_name
  from steps
  where kind = 'agent' and run_version in (select run_version from spent)
),
above as (  -- union, not union all: each name once per place, and circles end
  select run_version, agent_span, agent_name, agent_name as name, agent_span as at
  from spent
  union
  select b.run_version, b.agent_span, b.agent_name, a.agent_name as name, a.agent_span_id as at
  from above as b
  join agents as a on a.run_version = b.run_version and a.span_id = b.at
),
names as (
  select distinct run_version, agent_span, agent_name, name
  from above
),
summed as (
  select
    n.name as agent,
    count(distinct s.run_version) as runs,
    cast(coalesce(sum(s.invocations) filter (where s.agent_name is not distinct from n.name), 0) as bigint) as invocations,
    cast(sum(s.cost_usd) filter (where s.agent_name is not distinct from n.name) as double) as self_cost_usd,
    cast(sum(s.cost_usd) filter (where s.agent_name is distinct from n.name) as double) as below_cost_usd,
    cast(sum(s.cost_usd) as double) as inclusive_cost_usd,
    cast(coalesce(sum(s.unpriced_generations) filter (where s.agent_name is not distinct from n.name), 0) as bigint)
      as unpriced_generations
  from spent as s
  join names as n
    on n.run_version = s.run_version
    and n.agent_span is not distinct from s.agent_span
    and n.agent_name is not distinct from s.agent_name
  group by n.name
)
select
  *,
  inclusive_cost_usd / nullif((select cast(sum(cost_usd) as double) from spent), 0) as share
from summed
order by inclusive_cost_usd desc nulls last, agent nulls last
