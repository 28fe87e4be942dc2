-- Cost per period of local time and series, the dearest series by name and the rest as one.
-- One row per (start, series) that has steps.
-- params: filters, by_1, period, zone, keep
with
told as materialized (  -- quarters of an hour: every zone's offset is a multiple, and few times need converting
  select
    s.started_ns // 900000000000 as quarter,
    dimension($by_1, s) as series,
    s.run_version,
    count(*) filter (where s.is_generation) as generations,
    sum(try_cast(s.cost_usd as decimal(38, 12))) as cost_usd,
    count(*) filter (where s.unpriced_reason is not null) as unpriced_generations,
    sum(coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)) as tokens,
    sum(coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)) filter (where s.unpriced_reason is not null)
      as unpriced_tokens
  from matching_steps($filters) as s
  where s.started_ns is not null
  group by 1, 2, 3
),
periods as (
  select
    quarter,
    date_trunc($period, make_timestamp(quarter * 900000000) at time zone 'UTC' at time zone $zone) as start
  from (select distinct quarter from told)
),
ranked as (
  select series, row_number() over (order by sum(cost_usd) desc nulls last, series nulls last) as rank
  from told
  group by series
)
select
  cast(p.start as timestamp) as start,
  if(r.rank <= $keep, r.series, null) as series,
  r.rank > $keep as is_other,
  least(r.rank, $keep + 1) as rank,
  count(distinct t.run_version) as runs,
  cast(sum(t.generations) as bigint) as generations,
  cast(sum(t.cost_usd) as double) as cost_usd,
  cast(sum(t.unpriced_generations) as bigint) as unpriced_generations,
  try_cast(sum(t.tokens) as bigint) as tokens,
  try_cast(coalesce(sum(t.unpriced_tokens), 0) as bigint) as unpriced_tokens
from told as t
join periods as p on p.quarter = t.quarter
join ranked as r on r.series is not distinct from t.series
group by 1, 2, 3, 4
order by 1, 4
