-- Agent runs that are at work, or ended lately, by when something of them was last received.  One row per run.
-- params: since_ns, limit
with
recent as (  -- of an import, everything is received now: what it tells of must be recent, too, but for a clock that is off
  select run_id, run_version, date, trace_ids
  from runs
  where is_agent_run and greatest(coalesce(ended_ns, 0), coalesce(started_ns, 0)) >= $since_ns - 3_600_000_000_000
),
traces as (
  select run_id, unnest(trace_ids) as trace_id
  from recent
),
heard as (
  select traces.run_id, max(spans.received_ns) as heard_ns
  from traces
  join spans on spans.trace_id = traces.trace_id
  group by traces.run_id
  having max(spans.received_ns) >= $since_ns
),
listed as (
  select runs.*, heard.heard_ns, runs.status = 'incomplete' as at_work
  from heard
  join recent using (run_id)
  join runs on runs.run_version = recent.run_version and runs.date = recent.date
)
select *, count(*) filter (where at_work) over () as runs_at_work, count(*) over () as runs_heard
from listed
order by at_work desc, heard_ns desc, run_id
limit $limit
