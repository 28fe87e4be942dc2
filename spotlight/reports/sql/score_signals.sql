-- What scores of certain names say of runs: how many runs have one, in how many it is a yes, and their mean.
-- `names` are all of them, `carriers` says which carries which signal.  One row per signal that the lake carries at all.
-- params: filters, names, carriers, above
with
carried as (
  select c.signal, j.run_id, j.score_id, j.value, j.time_ns, passes(j.value, j.label, $above) as passed
  from judgements($names) as j
  join (
    select unnest(cast($carriers as struct(name varchar, signal varchar)[]), max_depth := 2)
  ) as c on c.name = j.plain_name
),
matching as (
  select run_id, started_ns
  from matching_runs($filters)
),
of_runs as (
  select c.signal, c.run_id, any_value(m.started_ns) as started_ns, bool_or(c.passed) as passed
  from carried as c
  join matching as m on m.run_id = c.run_id
  group by c.signal, c.run_id
)
select
  c.signal,
  count(m.run_id) as n,
  count(c.value) filter (where m.run_id is not null) as numeric_n,
  avg(c.value) filter (where m.run_id is not null) as mean,
  stddev_samp(c.value) filter (where m.run_id is not null) as deviation,
  bool_and(c.value in (0, 1)) filter (where m.run_id is not null) as is_binary,
  (select count(*) from of_runs as o where o.signal = c.signal and o.passed is not null) as judged,
  (select count(*) from of_runs as o where o.signal = c.signal and o.passed) as hits,
  (select arg_max(o.run_id, o.started_ns, 20) from of_runs as o where o.signal = c.signal and o.passed) as hit_run_ids,
  (select arg_max(o.run_id, o.started_ns, 20) from of_runs as o where o.signal = c.signal and not o.passed)
    as other_run_ids
from carried as c
left join matching as m on m.run_id = c.run_id
group by c.signal
order by c.signal
