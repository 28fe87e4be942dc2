-- Newest version of every span.  One row per (tenant, trace_id, span_id).
-- params: none
with
newer as (
  select r.trace_id, r.span_id, max(r.newest_position) as position
  from stored_replaced as r
  semi join stored_spans as n  -- a newer version counts once it is there: the tables are committed one by one
    on n.journal_position = r.newest_position and n.trace_id = r.trace_id and n.span_id = r.span_id
  group by r.trace_id, r.span_id
)
select s.*
from stored_spans as s
anti join newer as n on n.trace_id = s.trace_id and n.span_id = s.span_id and n.position > s.journal_position
