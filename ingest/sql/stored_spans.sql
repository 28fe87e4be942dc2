-- Everything stored of some traces' spans.  One row per stored version of a span.
-- params: traces
select *
from stored_spans
where trace_id in (select unnest(cast($traces as varchar[])))
