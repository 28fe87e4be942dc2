-- What came in and what became of it.  One row per (signal, outcome, reason).
-- params: none
select signal, outcome, reason, try_cast(sum(requests) as bigint) as requests,
  try_cast(sum(items) as bigint) as items, try_cast(sum(bytes) as bigint) as bytes, max(received_ns) as last_received_ns
from receipts
group by all
order by signal, outcome, reason
