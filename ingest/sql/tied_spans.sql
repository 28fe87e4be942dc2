-- What stored spans say about traces that belong together.  One row per distinct statement.
-- params: threads
select distinct dialect, trace_id, session_id, linked_traces
from stored_spans
where linked_traces is not null
  or (session_id is not null and dialect in (select unnest(cast($threads as varchar[]))))
