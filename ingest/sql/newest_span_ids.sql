-- Ids of the spans that a client may still send again.  One row per stored span.
-- params: limit
select trace_id, span_id
from stored_spans
where date >= (select max(date) - 1 from stored_spans)
limit $limit
