-- What is known of the runs whose root a source sent.  One row per source (service, scope, signal).
-- params: since_ns
with
declared as (
  select *, not coalesce(regexp_matches(pack_version, '^(sha|svc):'), true) as has_version
  from runs
),
drifting as (  -- as in packs.sql: one agent of a pack has one content per version
  select distinct pack_name, pack_version
  from declared
  where has_version
  group by pack_name, pack_version, agent_name
  having count(distinct pack_digest) > 1
)
select s.service_name, s.scope_name, case s.signal when 'log' then 'logs' else 'traces' end as signal,
  count(*) as runs,
  count(*) filter (where r.status = 'incomplete') as incomplete_runs,
  count(*) filter (where r.session_id is null) as runs_without_session,
  count(*) filter (where r.session_source like 'resource%') as sessions_on_resource,
  count(*) filter (where not r.has_version) as runs_without_version,
  count(*) filter (where d.pack_version is not null) as drifting_runs
from declared as r
join spans as s on s.trace_id = r.trace_id and s.span_id = r.root_span_id
left join drifting as d on d.pack_name is not distinct from r.pack_name and d.pack_version = r.pack_version
where ($since_ns is null or s.received_ns >= $since_ns)
group by all
