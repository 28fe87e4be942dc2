-- The model calls of a run with what their spans say of request and answer, without messages.  One row per model
-- call, by start.
-- params: run_id, traces
select
  t.trace_id, t.span_id, t.agent_span_id, t.agent_name, t.started_ns, t.failed, t.error_type, t.error_message,
  t.input_tokens, t.output_tokens, t.cache_read_tokens, t.cache_write_tokens, t.reasoning_tokens, t.ttft_ms,
  t.duration_ms, t.finish_reasons, t.dialect,
  coalesce(s.provider, t.provider) as provider,
  coalesce(s.request_model, t.request_model) as request_model,
  coalesce(s.response_model, t.model) as response_model,
  s.response_id, s.model_params, s.attributes
from steps as t
left join (select * from spans where trace_id in (select unnest(cast($traces as varchar[])))) as s
  on s.trace_id = t.trace_id and s.span_id = t.span_id
where t.run_id = $run_id and t.is_generation
order by t.started_ns, t.span_id
