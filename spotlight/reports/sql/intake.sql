-- What came in since a moment, by what became of it.  One row per (signal, outcome).
-- params: since_ns
select signal, outcome, try_cast(sum(requests) as bigint) as requests, try_cast(sum(items) as bigint) as items,
  try_cast(sum(bytes) as bigint) as bytes, max(received_ns) as last_ns
from receipts
where received_ns >= $since_ns
group by all
order by signal, outcome
