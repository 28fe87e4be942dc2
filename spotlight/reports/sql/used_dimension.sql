-- Macro: the value that a row `u` of matching_usage has in dimension `d`.  NULL where it is unknown.  One row.
-- params: none
create or replace macro used_dimension(d, u) as case d  -- `d` is a constant, so only the column it means is read
  when 'tenant' then u.tenant_claimed
  when 'user' then u.user_id
  when 'session' then u.session_id
  when 'run' then u.run_id
  when 'feature' then u.feature
  when 'surface' then u.surface
  when 'environment' then u.environment
  when 'provider' then u.provider
  when 'model' then u.model
  when 'agent' then u.agent_name
  when 'tool' then u.tool_name
  when 'experiment' then u.experiment_id
  when 'variant' then u.variant
  when 'pack' then u.pack_name
  when 'version' then u.pack_version
  when 'status' then u.run_status
  when 'day' then u.day
  when 'hour' then u.hour
end
