-- In how many traces of runs the steps of a source name the session.  One row per source (service, scope, signal).
-- params: since_ns
with
of_runs as (
  select run_id as trace_id
  from runs
  where run_id = trace_id and coalesce(len(trace_ids), 1) = 1
  union all
  select unnest(coalesce(trace_ids, [trace_id]))
  from runs
  where run_id <> trace_id or len(trace_ids) > 1
),
places as (
  select trace_id, service_name, scope_name, case signal when 'log' then 'logs' else 'traces' end as signal,
    count(*) as steps, count(session_id) as saying, count(session_id) filter (where parent_span_id is null) as roots_saying
  from spans
  where ($since_ns is null or received_ns >= $since_ns)
  group by all
),
placed as (
  select *, saying = 0 and trace_id in (select trace_id from places where saying > 0) as others_say
  from places
  semi join of_runs using (trace_id)
)
select service_name, scope_name, signal, count(*) as traces,
  count(*) filter (where saying = steps) as traces_session_on_all,
  count(*) filter (where saying between 1 and steps - 1 and saying > roots_saying) as traces_session_on_some,
  count(*) filter (where saying between 1 and steps - 1 and saying = roots_saying) as traces_session_on_root_only,
  count(*) filter (where others_say) as traces_session_elsewhere,
  count(*) filter (where saying = 0 and not others_say) as traces_session_on_none
from placed
group by service_name, scope_name, signal
