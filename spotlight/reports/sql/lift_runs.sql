-- Runs to be compared with others, a sample where there are more, and the numbers that may differ.  One row per run.
-- params: filters, limit
with
chosen as (
  select run_id, run_version, duration_ms, cost_usd, ttft_ms, first_action_ms, unaccounted_ms, human_ms,
    generations, tool_calls, failed_tool_calls, retries, fallbacks, repeats, input_tokens, output_tokens,
    cache_read_tokens / nullif(input_tokens, 0) as cache_share, count(*) over () as n
  from matching_runs($filters)
  order by hash(run_id), run_id
  limit $limit
),
contexts as (
  select run_id, max(input_tokens) as largest_context, count(*) as steps
  from steps
  semi join chosen using (run_id)
  group by run_id
)
select chosen.*, contexts.largest_context, contexts.steps
from chosen
left join contexts using (run_id)
order by run_id
