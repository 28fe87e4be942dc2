-- How the scores of one name are spread by up to three dimensions: equal buckets from the least to the greatest value
-- of them all, labels where there is no number.  One row per (by_1, by_2, by_3, bucket or label).
-- params: filters, by_1, by_2, by_3, name, buckets
with
said as (
  select
    run_dimension($by_1, r) as by_1, run_dimension($by_2, r) as by_2, run_dimension($by_3, r) as by_3,
    j.value, j.label
  from judgements(null) as j
  join matching_runs($filters) as r on r.run_id = j.run_id
  where j.name = $name
),
edges as (
  select least(min(value), 0) as low, greatest(max(value), 1) as high
  from said
),
placed as (
  select by_1, by_2, by_3, e.low as first, (e.high - e.low) / $buckets as width,
    case when value is not null then least($buckets - 1, floor((value - e.low) / (e.high - e.low) * $buckets)) end as bucket,
    case when value is null then label end as label
  from said, edges as e
)
select by_1, by_2, by_3, any_value(first) + bucket * any_value(width) as low,
  any_value(first) + (bucket + 1) * any_value(width) as high, label, count(*) as n
from placed
group by by_1, by_2, by_3, bucket, label
order by by_1 nulls last, by_2 nulls last, by_3 nulls last, bucket nulls last, n desc, label
