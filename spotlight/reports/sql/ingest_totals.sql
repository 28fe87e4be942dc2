-- What came in and what became of it.  One row per (signal, outcome, reason).
-- params: none
select signal, outcome, reason, sum(requests)::bigint as requests, sum(items)::bigint as items,
  sum(bytes)::bigint as bytes, max(received_ns) as last_received_ns
from receipts
group by all
order by signal, outcome, reason
