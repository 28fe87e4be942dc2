-- Steps of one day whose runs have no row in run_usage, those of a run one after the other.  One row per step.
-- params: date
select
  s.tenant, s.date, s.run_version, s.run_id, s.session_id, s.user_id, s.tenant_claimed, s.feature, s.surface,
  s.environment, s.pack_name, s.pack_version, s.replay_of, s.variant, s.experiment_id, s.run_status, s.provider,
  s.model, s.agent_name, s.tool_name, s.caused_by, s.started_ns, s.is_generation, s.unpriced_reason, s.input_tokens,
  s.cache_read_tokens, s.cache_write_tokens, s.output_tokens, s.cost_usd, s.cost_reported_usd
from current_steps as s
anti join stored_run_usage as u on u.run_version = s.run_version
where s.date = $date
order by s.run_version, s.step
