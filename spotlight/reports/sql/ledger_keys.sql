-- Which attributes gave the columns of usage of some traces' spans.  One row per span.
-- params: traces
select trace_id, span_id, usage_keys, usage_basis, quality_flags
from spans
where trace_id in (select unnest(cast($traces as varchar[])))
order by trace_id, span_id
