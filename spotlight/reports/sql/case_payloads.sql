-- What every recorded version of the spans of some traces carried.  One row per stored version that carries content.
-- params: traces
select *
from stored_payloads
where trace_id in (select unnest(cast($traces as varchar[])))
order by journal_position, trace_id, span_id
