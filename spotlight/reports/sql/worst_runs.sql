-- The runs with the lowest scores of some names, or, with `names` NULL, the lowest mean of all that lie between 0 and 1.
-- A label that says no counts as 0, one that says yes as 1.  One row per run.
-- params: filters, names, limit
with
said as (
  select j.run_id, j.name, j.label, j.explanation, j.annotator,
    coalesce(j.value, cast(passes(null, j.label, 0) as double)) as worth
  from judgements($names) as j
),
judged as (
  select run_id, case when $names is null then avg(worth) else min(worth) end as value, count(*) as judgements,
    arg_min({'name': name, 'label': label, 'explanation': explanation, 'annotator': annotator}, worth) as lowest
  from said
  where worth is not null and ($names is not null or worth between 0 and 1)
  group by run_id
)
select r.run_id, r.name, r.started_ns, r.pack_name, r.pack_version, r.status, w.lowest.name as score_name, w.value,
  w.lowest.label as label, w.lowest.explanation as explanation, w.lowest.annotator as annotator, w.judgements,
  r.error_signature
from judged as w
join matching_runs($filters) as r on r.run_id = w.run_id
order by w.value, r.started_ns desc, r.run_id
limit $limit
