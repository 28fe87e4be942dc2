-- Runs that pass the filters, in buckets of start and duration; an edge belongs to the bucket above it.
-- One row per (column, row) that has runs.
-- params: filters, time_edges_ns, edges_ms
with
columns as (
  select unnest($time_edges_ns) as from_ns, generate_subscripts($time_edges_ns, 1) - 1 as "column"
),
rows as (
  select unnest($edges_ms) as from_ms, generate_subscripts($edges_ms, 1) - 1 as "row"
)
select c."column", d."row", count(*) as runs
from matching_runs($filters) as r
asof join columns as c on r.started_ns >= c.from_ns
asof join rows as d on r.duration_ms >= d.from_ms
where r.started_ns < 9223372036854775807
group by all
order by "column", "row"
