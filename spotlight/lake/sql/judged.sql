-- Newest version of every score with the run that it judges, NULL where that run has not arrived. What is said to
-- explain it is in `scores`.  One row per (tenant, score_id).
-- A span's or a trace's run is the one it is part of, a response's that of the span it answered. What judges a
-- session is of the run that the user saw last before.
-- params: none
with
said as materialized (
  select score_id, target_type, trace_id, span_id, session_id, response_id, name, value, label, annotator, time_ns
  from scores
),
asked as (  -- a score that names no trace finds it by its span or its response
  select score_id, target_type, span_id, response_id
  from said
  where trace_id is null and (span_id is not null or response_id is not null)
),
placed as (
  select score_id, target_type, trace_id, span_id
  from said
  where trace_id is not null
  union all
  select a.score_id, a.target_type, arg_min(s.trace_id, s.started_ns), arg_min(s.span_id, s.started_ns)
  from asked as a
  join spans as s on s.span_id = a.span_id
  where a.span_id is not null
  group by a.score_id, a.target_type
  union all
  select a.score_id, a.target_type, arg_min(s.trace_id, s.started_ns), arg_min(s.span_id, s.started_ns)
  from asked as a
  join spans as s on s.response_id = a.response_id
  where a.span_id is null
  group by a.score_id, a.target_type
),
odd as materialized (  -- runs that are not just one trace
  select run_id, root_span_id, started_ns, unnest(coalesce(trace_ids, [trace_id])) as trace_id
  from assembled_runs
  where run_id <> trace_id or len(trace_ids) > 1
),
shared as (  -- of two runs of one trace, at least one is not just that trace
  select distinct trace_id
  from odd
),
runs_of_traces as (
  select run_id, root_span_id, started_ns, trace_id
  from odd
  union all
  select run_id, root_span_id, started_ns, trace_id
  from assembled_runs
  where not (run_id <> trace_id or coalesce(len(trace_ids) > 1, false)) and trace_id in (select trace_id from shared)
),
contested as (
  select p.score_id, p.trace_id, p.span_id, r.run_id, r.started_ns,
    p.target_type = 'run' and r.run_id = p.trace_id || coalesce('-' || p.span_id, '') as is_named,
    coalesce(r.root_span_id = p.span_id, false) as is_root
  from placed as p
  join runs_of_traces as r on r.trace_id = p.trace_id
  where p.trace_id in (select trace_id from shared)
),
stepped as (  -- which of them a span belongs to, its steps say
  select distinct c.score_id, s.run_id
  from (select distinct score_id, trace_id, span_id from contested) as c
  join steps as s on s.trace_id = c.trace_id and s.span_id = c.span_id
),
of_session as (
  select s.score_id, s.time_ns, r.run_id, r.started_ns
  from said as s
  join runs as r on r.session_id = s.session_id
  where s.trace_id is null and s.span_id is null and s.response_id is null
),
direct as (  -- nearly all: what names a trace of one run needs no more than that run's id
  select trace_id, run_id
  from assembled_runs
  where run_id = trace_id and trace_id not in (select trace_id from shared)
),
found as (  -- the run of each score that needs more than its trace's id
  select p.score_id, r.run_id
  from placed as p
  join direct as r on r.trace_id = p.trace_id
  where p.score_id in (select score_id from asked)
  union all
  select c.score_id,
    arg_min(c.run_id, {
      'unnamed': not c.is_named, 'stepless': s.run_id is null, 'rootless': not c.is_root, 'started_ns': c.started_ns,
      'run_id': c.run_id
    })
  from contested as c
  left join stepped as s on s.score_id = c.score_id and s.run_id = c.run_id
  group by c.score_id
  union all
  select score_id,
    coalesce(arg_max(run_id, started_ns) filter (where started_ns <= time_ns), arg_min(run_id, started_ns))
  from of_session
  group by score_id
)
select s.score_id, s.target_type, s.trace_id, s.span_id, s.session_id, s.name,
  trim(regexp_replace(lower(s.name), '[^a-z0-9]+', '_', 'g'), '_') as plain_name,
  s.value, s.label, s.annotator, s.time_ns, coalesce(d.run_id, f.run_id) as run_id
from said as s
left join direct as d on d.trace_id = s.trace_id
left join found as f on f.score_id = s.score_id
