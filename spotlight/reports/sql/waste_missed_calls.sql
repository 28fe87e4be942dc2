-- Model calls whose cache could have been read and was not, the dearest first.  One row per model call.
-- params: filters, quiet_before_ns, limit
select
  run_id, span_id, previous_span_id, agent_name, model, started_ns, readable_tokens, cache_read_tokens,
  missed_tokens, missed_cost_usd as cost_usd
from wasted_steps($filters, $quiet_before_ns, null)
where missed_tokens > 0
order by cost_usd desc nulls last, missed_tokens desc, run_id, span_id
limit $limit
