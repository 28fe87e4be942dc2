-- In how many traces of runs the steps of a source name the session.  One row per source (service, scope, signal).
-- params: since_ns
with
of_runs as (
  select distinct unnest(coalesce(trace_ids, [trace_id])) as trace_id
  from runs
),
steps as (
  select trace_id, service_name, scope_name, case signal when 'log' then 'logs' else 'traces' end as signal,
    session_id is not null as says, session_id is not null and parent_span_id is null as says_as_root
  from spans
  where trace_id in (select trace_id from of_runs) and ($since_ns is null or received_ns >= $since_ns)
),
traces as (
  select trace_id, bool_or(says) as says
  from steps
  group by trace_id
),
places as (
  select trace_id, service_name, scope_name, signal, count(*) as steps, count(*) filter (where says) as saying,
    count(*) filter (where says_as_root) as roots_saying
  from steps
  group by all
)
select service_name, scope_name, signal, count(*) as traces,
  count(*) filter (where saying = steps) as traces_session_on_all,
  count(*) filter (where saying between 1 and steps - 1 and saying > roots_saying) as traces_session_on_some,
  count(*) filter (where saying between 1 and steps - 1 and saying = roots_saying) as traces_session_on_root_only,
  count(*) filter (where saying = 0 and traces.says) as traces_session_elsewhere,
  count(*) filter (where saying = 0 and not traces.says) as traces_session_on_none
from places
join traces using (trace_id)
group by service_name, scope_name, signal
