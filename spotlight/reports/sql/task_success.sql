-- How many runs did their task, by up to three dimensions: what was judged of the run as a whole, never its status.
-- Of several verdicts on a run the name that comes first counts, then a person's, then the newest.
-- One row per (by_1, by_2, by_3).
-- params: filters, by_1, by_2, by_3, names, above
with
verdicts as (
  select j.run_id,
    arg_min(passes(j.value, j.label, $above), {
      'of_session': j.target_type = 'session', 'name': list_position($names, j.plain_name),
      'by': coalesce(j.annotator <> 'human', true), 'age': -j.time_ns, 'score_id': j.score_id
    }) as passed
  from judgements($names) as j
  join assembled_runs as a on a.run_id = j.run_id
  where passes(j.value, j.label, $above) is not null
    and (j.target_type in ('run', 'trace', 'session') or j.span_id = a.root_span_id)
  group by j.run_id
)
select
  run_dimension($by_1, r) as by_1, run_dimension($by_2, r) as by_2, run_dimension($by_3, r) as by_3,
  count(*) as runs, count(v.passed) as judged, count(*) filter (v.passed) as succeeded,
  arg_max(r.run_id, r.started_ns, 20) filter (not v.passed) as failed_run_ids
from matching_runs($filters) as r
left join verdicts as v on v.run_id = r.run_id
group by all
order by by_1 nulls last, by_2 nulls last, by_3 nulls last
