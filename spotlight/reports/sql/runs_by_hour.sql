-- Runs that pass the filters, by the hour they started.  One row per hour (UTC) that has runs.
-- params: status, pack_name, pack_version, session_id, user_id, model, text, since_ns, until_ns
select
  started_ns // 3600000000000 * 3600000000000 as hour_ns,
  count(*) as runs,
  count(*) filter (where status = 'error') as failed
from matching_runs($status, $pack_name, $pack_version, $session_id, $user_id, $model, $text, $since_ns, $until_ns)
where started_ns is not null
group by all
order by hour_ns
