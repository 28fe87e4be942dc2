-- Everything stored of some spans.  One row per stored version of a span.
-- params: traces, spans
select *
from stored_spans
where trace_id in (select unnest(cast($traces as varchar[])))
  and span_id in (select unnest(cast($spans as varchar[])))
