-- The attribute keys that the sources of some traces are known to have sent.  One row per (service, scope, key).
-- params: traces
select distinct k.service_name, k.scope_name, k.key
from source_keys as k
semi join (
  select service_name, scope_name
  from stored_spans
  where trace_id in (select unnest(cast($traces as varchar[])))
) as s on s.service_name is not distinct from k.service_name and s.scope_name is not distinct from k.scope_name
where k.signal = 'traces'
order by all
