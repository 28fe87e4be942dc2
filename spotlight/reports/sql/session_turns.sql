-- The runs of a session in order, with how long the user took before each.  One row per run.
-- params: session_id, limit, offset
select run_id, started_ns, duration_ms,
  case when lag(ended_ns) over turns is not null
    then greatest(0, started_ns - lag(ended_ns) over turns) / 1e6 end as waited_ms,
  status, status_reason, error_message, name, agent_name, pack_name, pack_version, cost_usd, unpriced_generations,
  input_tokens, output_tokens, ttft_ms, generations, tool_calls, failed_tool_calls
from runs
where session_id = $session_id
window turns as (order by started_ns, run_id)
order by started_ns, run_id
limit $limit offset $offset
