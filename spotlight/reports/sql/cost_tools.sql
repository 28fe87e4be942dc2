-- What calls of tools cost, with what ran below them, and what their results made models spend later; the
-- dearest first.  One row per tool.
-- params: filters
with recursive
told as materialized (
  select
    s.run_version, s.span_id, s.parent_span_id, s.agent_span_id, s.step, s.is_tool_call, s.is_generation, s.failed,
    s.tool_name, s.caused_by, s.input_tokens, s.output_tokens,
    try_cast(s.cost_usd as decimal(38, 12)) as cost_usd,
    coalesce(s.input_cost_usd, 0) + coalesce(s.cache_read_cost_usd, 0) + coalesce(s.cache_write_cost_usd, 0)
      as input_side_usd
  from matching_steps($filters) as s
),
below as (  -- calls below which something ran, with all of it
  select t.run_version, t.span_id as call, t.tool_name as tool, t.span_id, 0 as levels
  from told as t
  where t.is_tool_call
    and exists (select 1 from told as b where b.run_version = t.run_version and b.parent_span_id = t.span_id)
  union
  select t.run_version, b.call, b.tool, t.span_id, b.levels + 1
  from below as b
  join told as t on t.run_version = b.run_version and t.parent_span_id = b.span_id
  where b.levels < 100
),
inside as (  -- the innermost call that a step runs in, and the tools that it runs in
  select run_version, span_id, arg_min(call, levels) as call, list(distinct tool) as tools
  from below
  where levels > 0
  group by run_version, span_id
),
calls as (
  select tool, sum(runs) as runs, sum(calls) as calls, sum(failed_calls) as failed_calls, sum(cost_usd) as cost_usd
  from (
    select
      tool_name as tool,
      count(distinct run_version) as runs,
      count(*) as calls,
      count(*) filter (where failed) as failed_calls,
      sum(cost_usd) as cost_usd
    from told
    where is_tool_call
    group by tool_name
    union all
    select b.tool, 0, 0, 0, sum(s.cost_usd)
    from (select distinct run_version, span_id, tool from below where levels > 0) as b
    join told as s on s.run_version = b.run_version and s.span_id = b.span_id
    where not (s.is_tool_call and s.tool_name is not distinct from b.tool)
    group by b.tool
  )
  group by tool
),
reading as (  -- model calls by conversation: one agent's, within one tool call; a hash is smaller than the two ids
  select
    g.run_version, g.step, g.caused_by, hash(g.agent_span_id, i.call) as conversation,
    coalesce(list_contains(i.tools, g.caused_by), false) as is_below_its_cause,
    g.input_side_usd / nullif(g.input_tokens, 0) as token_usd,
    g.input_tokens - lag(g.input_tokens) over talk as growth,
    coalesce(lag(g.output_tokens) over talk, 0) as answer_tokens
  from told as g
  left join inside as i on i.run_version = g.run_version and i.span_id = g.span_id
  where g.is_generation and g.input_tokens is not null
  window talk as (partition by g.run_version, hash(g.agent_span_id, i.call) order by g.step)
),
sized as (  -- a conversation goes on for as long as its input does not shrink
  select
    *,
    if(caused_by is null, null, greatest(growth - answer_tokens, 0)) as result_tokens,
    count(*) filter (where growth < 0)
      over (partition by run_version, conversation order by step rows unbounded preceding) as stretch
  from reading
),
reread as (
  select
    *,
    result_tokens * coalesce(sum(token_usd) over (
      partition by run_version, conversation, stretch order by step
      rows between 1 following and unbounded following
    ), 0) as later_usd,
    coalesce(token_usd, 0) * coalesce(sum(result_tokens) over (
      partition by run_version, conversation, stretch, caused_by order by step
      rows between unbounded preceding and 1 preceding
    ), 0) as own_usd  -- of results of the same tool that this call reads again: it is caused by that tool as a whole
  from sized
),
later as (
  select
    caused_by as tool,
    count(distinct run_version) as runs,
    cast(sum(result_tokens) as bigint) as result_tokens,
    try_cast(if(count(result_tokens) = 0, null, greatest(coalesce(sum(later_usd), 0) - sum(own_usd), 0))
      as decimal(38, 12)) as reread_usd
  from reread
  where caused_by is not null and not is_below_its_cause
  group by caused_by
),
caused as (
  select g.caused_by as tool, sum(g.cost_usd) as cost_usd
  from told as g
  left join inside as i on i.run_version = g.run_version and i.span_id = g.span_id
  where g.caused_by is not null and not coalesce(list_contains(i.tools, g.caused_by), false)
  group by g.caused_by
),
summed as (
  select
    coalesce(c.tool, u.tool, l.tool) as tool,
    cast(coalesce(c.runs, l.runs, 0) as bigint) as runs,
    cast(coalesce(c.calls, 0) as bigint) as calls,
    cast(coalesce(c.failed_calls, 0) as bigint) as failed_calls,
    c.cost_usd as calls_cost_usd,
    u.cost_usd as caused_cost_usd,
    l.result_tokens,
    l.reread_usd as reread_cost_usd
  from calls as c
  full join caused as u on u.tool = c.tool
  full join later as l on l.tool = coalesce(c.tool, u.tool)
)
select
  * replace (
    cast(calls_cost_usd as double) as calls_cost_usd,
    cast(caused_cost_usd as double) as caused_cost_usd,
    cast(reread_cost_usd as double) as reread_cost_usd
  ),
  if(coalesce(calls_cost_usd, caused_cost_usd, reread_cost_usd) is null, null, cast(
    coalesce(calls_cost_usd, 0) + coalesce(caused_cost_usd, 0) + coalesce(reread_cost_usd, 0) as double
  )) as inclusive_cost_usd,
  inclusive_cost_usd / nullif((select cast(sum(cost_usd) as double) from told), 0) as share
from summed
order by inclusive_cost_usd desc nulls last, tool nulls last
