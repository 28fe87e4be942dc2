-- Macro: what was said, folded, and where it was said first in its trace.  One row per (text, trace_id, part).
-- params: none
create or replace macro said() as table
with
newer as (
  select r.trace_id, r.span_id, max(r.newest_position) as position
  from stored_replaced as r
  semi join stored_spans as n
    on n.journal_position = r.newest_position and n.trace_id = r.trace_id and n.span_id = r.span_id
  group by r.trace_id, r.span_id
),
placed as (
  select text, unnest(places) as place
  from stored_texts
)
select p.text, p.place.trace_id, p.place.span_id, p.place.part, p.place.started_ns
from placed as p
anti join newer as n
  on n.trace_id = p.place.trace_id and n.span_id = p.place.span_id and n.position > p.place.journal_position
