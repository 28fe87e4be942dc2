-- All stored spans of some traces, bulky texts left out.  One row per stored span.
-- params: traces
select * exclude (attributes, events, links)
from stored_spans
where trace_id in (select unnest(cast($traces as varchar[])))
