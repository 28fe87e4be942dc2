-- Newest version of every span.  One row per (tenant, trace_id, span_id).
-- params: none
select s.*
from stored_spans as s
where not exists (
  select 1
  from stored_replaced as r
  where r.trace_id = s.trace_id and r.span_id = s.span_id and r.newest_position > s.journal_position
)
