-- Everything stored of what some traces carried.  One row per stored version of a span that carries content.
-- params: traces
select *
from stored_payloads
where trace_id in (select unnest(cast($traces as varchar[])))
