-- The runs with the lowest scores of some names, or, with `names` NULL, the lowest mean of all that lie between 0 and 1.
-- A label that says no counts as 0, one that says yes as 1.  One row per run.
-- params: filters, names, limit
with
said as (
  select j.run_id, j.name, j.label, j.score_id, j.annotator,
    coalesce(j.value, cast(passes(null, j.label, 0) as double)) as worth
  from judgements($names) as j
),
lowest as (
  select run_id, case when $names is null then avg(worth) else min(worth) end as value, count(*) as judgements,
    arg_min({'name': name, 'label': label, 'score_id': score_id, 'annotator': annotator}, worth) as said
  from said
  where worth is not null and ($names is not null or worth between 0 and 1)
  group by run_id
),
worst as (
  select r.run_id, r.name, r.started_ns, r.pack_name, r.pack_version, r.status, w.said, w.value, w.judgements,
    r.error_signature
  from lowest as w
  join matching_runs($filters) as r on r.run_id = w.run_id
  order by w.value, r.started_ns desc, r.run_id
  limit $limit
),
explained as (  -- the newest version of each score: `scores` would look through all of them for that
  select score_id, arg_max_null(explanation, journal_position) as explanation
  from stored_scores
  where score_id in (select said.score_id from worst)
  group by score_id
)
select w.run_id, w.name, w.started_ns, w.pack_name, w.pack_version, w.status, w.said.name as score_name, w.value,
  w.said.label as label, e.explanation, w.said.annotator as annotator, w.judgements, w.error_signature
from worst as w
left join explained as e on e.score_id = w.said.score_id
order by w.value, w.started_ns desc, w.run_id
