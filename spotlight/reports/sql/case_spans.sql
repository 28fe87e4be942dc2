-- Every recorded version of the spans of some traces.  One row per stored version of a span.
-- params: traces
select *
from stored_spans
where trace_id in (select unnest(cast($traces as varchar[])))
order by journal_position, trace_id, span_id
