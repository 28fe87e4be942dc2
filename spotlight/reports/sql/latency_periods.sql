-- One measure of runs' times per period of local time and series, the largest series by name and the rest as one.
-- One row per (start, series) that has runs.
-- params: filters, by_1, measure, period, zone, keep, behind
with
told as materialized (  -- quarters of an hour: every zone's offset is a multiple, and few times need converting
  select
    r.started_ns // 900000000000 as quarter,
    run_dimension($by_1, r) as series,
    r.run_id,
    run_time($measure, r) as ms
  from matching_runs($filters) as r
  where r.started_ns is not null
),
periods as (
  select
    quarter,
    date_trunc($period, make_timestamp(quarter * 900000000) at time zone 'UTC' at time zone $zone) as start
  from (select distinct quarter from told)
),
ranked as (
  select series, row_number() over (order by count(*) desc, series nulls last) as rank
  from told
  group by series
)
select
  cast(p.start as timestamp) as start,
  if(r.rank <= $keep, r.series, null) as series,
  r.rank > $keep as is_other,
  least(r.rank, $keep + 1) as rank,
  count(*) as runs,
  count(t.ms) as n,
  quantile_cont(t.ms, 0.5) as p50_ms,
  quantile_cont(t.ms, 0.95) as p95_ms,
  max_by(t.run_id, t.ms, $behind) as slowest
from told as t
join periods as p on p.quarter = t.quarter
join ranked as r on r.series is not distinct from t.series
group by 1, 2, 3, 4
order by 1, 4
