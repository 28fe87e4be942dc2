-- The spans of some traces without their bulky texts.  One row per span.
-- params: traces
select * exclude (attributes, events, links)
from spans
where trace_id in (select unnest(cast($traces as varchar[])))
order by started_ns, span_id
