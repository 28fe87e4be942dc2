-- Macro: the value that a step `r` has in dimension `d`.  NULL where it is unknown.  One row.
-- params: none
create or replace macro dimension(d, r) as case d  -- `d` is a constant, so only the column it means is read
  when 'tenant' then r.tenant_claimed
  when 'user' then r.user_id
  when 'session' then r.session_id
  when 'run' then r.run_id
  when 'feature' then r.feature
  when 'surface' then r.surface
  when 'environment' then r.environment
  when 'service' then r.service_name
  when 'provider' then r.provider
  when 'model' then r.model
  when 'agent' then r.agent_name
  when 'tool' then coalesce(r.tool_name, r.caused_by)
  when 'skill' then r.skill_name
  when 'prompt' then r.prompt_name
  when 'prompt_version' then r.prompt_version
  when 'experiment' then r.experiment_id
  when 'variant' then r.variant
  when 'pack' then r.pack_name
  when 'version' then r.pack_version
  when 'kind' then r.kind
  when 'status' then r.run_status
  when 'day' then strftime(local_time(r.started_ns), '%Y-%m-%d')
  when 'hour' then strftime(local_time(r.started_ns), '%Y-%m-%d %H:00')
end
