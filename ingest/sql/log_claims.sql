-- What log records say of some traces.  One row per distinct statement.
-- params: traces
select
  trace_id, session_id, user_id, agent_name, pack_name, pack_version, pack_version_source, held,
  if(held is not null, span_id, null) as span_id,
  max(journal_position) as journal_position
from stored_logs
where trace_id in (select unnest(cast($traces as varchar[])))
  and coalesce(session_id, user_id, agent_name, pack_name, pack_version, held) is not null
group by all
