-- Newest version of every span.  One row per (tenant, trace_id, span_id).
-- params: none
select s.*
from stored_spans as s
where not exists (
  select 1
  from stored_replaced as r
  join stored_spans as n  -- a newer version counts once it is there: the tables are committed one by one
    on n.trace_id = r.trace_id and n.span_id = r.span_id and n.journal_position = r.newest_position
  where r.trace_id = s.trace_id and r.span_id = s.span_id and r.newest_position > s.journal_position
)
