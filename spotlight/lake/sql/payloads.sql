-- Content of the newest version of every span.  One row per (tenant, trace_id, span_id) that carries content.
-- params: none
select p.*
from stored_payloads as p
where not exists (
  select 1
  from stored_replaced as r
  where r.trace_id = p.trace_id and r.span_id = p.span_id and r.newest_position > p.journal_position
)
