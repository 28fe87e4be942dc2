-- Scores of the matching runs by name and up to three dimensions of the runs.  One row per (name, by_1, by_2, by_3).
-- params: filters, by_1, by_2, by_3
select
  j.name,
  run_dimension($by_1, r) as by_1, run_dimension($by_2, r) as by_2, run_dimension($by_3, r) as by_3,
  count(*) as n,
  count(distinct j.run_id) as runs,
  count(j.value) as numeric_n,
  coalesce(bool_and(j.value in (0, 1)), false) as is_binary,
  avg(j.value) as mean,
  stddev_samp(j.value) as deviation,
  count(*) filter (where j.value = 1) as ones,
  count(*) filter (where j.value is null and passes(null, j.label, 0)) as yes,
  count(*) filter (where j.value is null and not passes(null, j.label, 0)) as no,
  approx_top_k(j.label, 20) filter (where j.label is not null) as labels,
  list(distinct j.annotator order by j.annotator) filter (where j.annotator is not null) as annotators,
  min(j.time_ns) as first_ns,
  max(j.time_ns) as last_ns
from judgements(null) as j
join matching_runs($filters) as r on r.run_id = j.run_id
group by all
order by n desc, j.name, by_1 nulls last, by_2 nulls last, by_3 nulls last
