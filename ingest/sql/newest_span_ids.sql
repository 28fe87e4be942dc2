-- Ids of the spans that came in last.  One row per stored span.
-- params: limit
select trace_id, span_id
from stored_spans
order by journal_position desc
limit $limit
