-- What log records that came after the newest run say of their traces.  One row per distinct statement.
-- params: none
select
  trace_id, session_id, user_id, agent_name, pack_name, pack_version, pack_version_source, held,
  if(held is not null, span_id, null) as span_id,
  max(journal_position) as journal_position
from stored_logs
where trace_id is not null
  and coalesce(session_id, user_id, agent_name, pack_name, pack_version, held) is not null
  and journal_position > (select coalesce(max(assembled_position), -1) from stored_runs)
group by all
