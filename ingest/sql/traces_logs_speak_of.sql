-- Traces of which a log record says whose they are.  One row per trace.
-- params: none
select distinct trace_id
from stored_logs
where trace_id is not null
  and coalesce(session_id, user_id, agent_name, pack_name, pack_version, held) is not null
