-- Everything stored of what some spans carried.  One row per stored version of a span that carries content.
-- params: traces, spans
select *
from stored_payloads
where trace_id in (select unnest(cast($traces as varchar[])))
  and span_id in (select unnest(cast($spans as varchar[])))
