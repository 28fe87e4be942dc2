-- The spans of one trace without their bulky texts.  One row per span.
-- params: trace_id
select * exclude (attributes, events, links, scope)
from spans
where trace_id = $trace_id
order by started_ns, span_id
