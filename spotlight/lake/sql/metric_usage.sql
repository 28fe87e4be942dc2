-- Tokens and cost that nothing but metrics tells: of sessions, or of services where points name no session,
-- that have no run.  One row per (service, session, model); NULL for what no metric tells.
-- A delta point is added, of a cumulative series the last point counts.
-- params: none
with
points as (
  select
    date, service_name, resource, name, temporality, start_ns, time_ns, value, attributes,
    coalesce(attributes->>'session.id', attributes->>'gen_ai.conversation.id', attributes->>'conversation.id')
      as session_id,
    coalesce(attributes->>'gen_ai.response.model', attributes->>'gen_ai.request.model', attributes->>'model') as model,
    lower(coalesce(attributes->>'type', attributes->>'token_type', attributes->>'gen_ai.token.type', 'cost'))
      as token_type
  from metrics
  where name in ('claude_code.token.usage', 'claude_code.cost.usage', 'gemini_cli.token.usage',
    'qwen-code.token.usage', 'codex.turn.token_usage', 'openclaw.tokens', 'openclaw.cost.usd',
    'gen_ai.client.token.usage')
),
series as (
  select date, service_name, session_id, model, name, token_type, min(time_ns) as first_ns, max(time_ns) as last_ns,
    case when any_value(temporality) = 'cumulative' then max(value) else sum(value) end as value
  from points
  group by date, service_name, session_id, model, name, token_type, attributes,
    case when temporality = 'cumulative' then coalesce(start_ns, 0) end
),
-- A client that has counters of its own also sends the generic one.
own as (
  select *, name <> 'gen_ai.client.token.usage' as is_own
  from series
  qualify is_own or not bool_or(is_own) over (partition by service_name, session_id)
),
untold as (
  select *
  from own as o
  where not exists (select 1 from runs as r where r.session_id = o.session_id)
    and not (o.session_id is null
      and exists (select 1 from runs as r where r.service_name is not distinct from o.service_name))
),
summed as (
  select service_name, session_id, model, min(first_ns) as first_ns, max(last_ns) as last_ns,
    sum(value) filter (token_type = 'input') as said_input,
    sum(value) filter (token_type in ('output', 'completion')) as said_output,
    sum(value) filter (token_type in ('cacheread', 'cache', 'cached_input', 'cache_read')) as cache_read,
    sum(value) filter (token_type in ('cachecreation', 'cache_write_input', 'cache_write')) as cache_write,
    sum(value) filter (token_type in ('thought', 'reasoning_output', 'reasoning')) as reasoning,
    sum(value) filter (token_type = 'cost') as cost_reported_usd,
    bool_or(name like 'claude_code.%' or name like 'openclaw.%') as is_exclusive,
    bool_or(name like 'gemini_cli.%' or name like 'qwen-code.%') as output_excludes_reasoning
  from untold
  group by service_name, session_id, model
)
select service_name, session_id, model, first_ns, last_ns,
  cast(said_input + case when is_exclusive then coalesce(cache_read, 0) + coalesce(cache_write, 0) else 0 end
    as bigint) as input_tokens,
  cast(said_output + case when output_excludes_reasoning then coalesce(reasoning, 0) else 0 end as bigint)
    as output_tokens,
  cast(cache_read as bigint) as cache_read_tokens,
  cast(cache_write as bigint) as cache_write_tokens,
  cast(reasoning as bigint) as reasoning_tokens,
  cost_reported_usd
from summed
