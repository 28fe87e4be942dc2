-- Between which starts and durations the runs lie that pass the filters.  One row.
-- params: filters
with
placed as (
  select  -- the last moment of all has no edge after it
    started_ns, duration_ms,
    coalesce(started_ns < 9223372036854775807, false) and duration_ms is not null as known
  from matching_runs($filters)
)
select
  count(*) filter (where known) as n,
  count(*) filter (where not known) as unknown,
  min(started_ns) filter (where known) as first_ns,
  max(started_ns) filter (where known) as last_ns,
  min(duration_ms) filter (where known) as shortest_ms,
  min(duration_ms) filter (where known and duration_ms > 0) as shortest_above_0_ms,
  max(duration_ms) filter (where known) as longest_ms
from placed
