-- Macro: the time of a run `r` that measure `m` of reports/latency.py means, ms.  NULL where it is unknown.  One row.
-- params: none
create or replace macro run_time(m, r) as case m  -- `m` is a constant, so only the column it means is read
  when 'completion' then r.duration_ms
  when 'first_token' then r.ttft_ms
  when 'first_action' then r.first_action_ms
  when 'model' then r.model_ms
  when 'tool' then r.tool_ms
  when 'queue' then r.queue_ms
  when 'human' then r.human_ms
  when 'unaccounted' then r.unaccounted_ms
end
