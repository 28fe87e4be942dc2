-- Macro: every score with the run that it judges; NULL where that run has not arrived.  One row per score.
-- A span's or a trace's run is the one it is part of, a response's that of the span it answered. What judges a
-- session is of the run that the user saw last before.
-- params: none
create or replace macro judgements() as table
with
asked as (  -- a score that names no trace finds it by its span or its response
  select score_id, span_id, response_id
  from scores
  where trace_id is null and (span_id is not null or response_id is not null)
),
located as (
  select a.score_id, arg_min(s.trace_id, s.started_ns) as trace_id, arg_min(s.span_id, s.started_ns) as span_id
  from asked as a
  join spans as s on s.span_id = a.span_id
  where a.span_id is not null
  group by a.score_id
  union all
  select a.score_id, arg_min(s.trace_id, s.started_ns), arg_min(s.span_id, s.started_ns)
  from asked as a
  join spans as s on s.response_id = a.response_id
  where a.span_id is null
  group by a.score_id
),
placed as (
  select s.score_id, s.target_type, coalesce(s.trace_id, l.trace_id) as trace_id, coalesce(s.span_id, l.span_id) as span_id
  from scores as s
  left join located as l on l.score_id = s.score_id
  where s.trace_id is not null or l.trace_id is not null
),
runs_of_traces as (
  select run_id, root_span_id, started_ns, unnest(coalesce(trace_ids, [trace_id])) as trace_id
  from assembled_runs
),
candidates as (
  select p.score_id, p.trace_id, p.span_id, r.run_id, r.started_ns,
    p.target_type = 'run' and r.run_id = p.trace_id || coalesce('-' || p.span_id, '') as is_named,
    coalesce(r.root_span_id = p.span_id, false) as is_root,
    count(*) over (partition by p.score_id) as among
  from placed as p
  join runs_of_traces as r on r.trace_id = p.trace_id
),
stepped as (  -- which of several runs of a trace a span belongs to, its steps say
  select distinct c.score_id, s.run_id
  from (select distinct score_id, trace_id, span_id from candidates where among > 1) as c
  join steps as s on s.trace_id = c.trace_id and s.span_id = c.span_id
),
of_trace as (
  select c.score_id,
    arg_min(c.run_id, {
      'unnamed': not c.is_named, 'stepless': s.run_id is null, 'rootless': not c.is_root, 'started_ns': c.started_ns,
      'run_id': c.run_id
    }) as run_id
  from candidates as c
  left join stepped as s on s.score_id = c.score_id and s.run_id = c.run_id
  group by c.score_id
),
of_session as (
  select s.score_id,
    coalesce(
      arg_max(r.run_id, r.started_ns) filter (where r.started_ns <= s.time_ns), arg_min(r.run_id, r.started_ns)
    ) as run_id
  from scores as s
  join runs as r on r.session_id = s.session_id
  where s.trace_id is null and s.span_id is null and s.response_id is null
  group by s.score_id
)
select s.*, coalesce(t.run_id, c.run_id) as run_id,
  trim(regexp_replace(lower(s.name), '[^a-z0-9]+', '_', 'g'), '_') as plain_name
from scores as s
left join of_trace as t on t.score_id = s.score_id
left join of_session as c on c.score_id = s.score_id
