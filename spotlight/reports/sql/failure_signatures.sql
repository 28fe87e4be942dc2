-- Failed runs by what failed first, in one period and in the one before it; `before` NULL for no such period.
-- One row per (error_signature, error_step, error_type).
-- params: filters, before, has_before, limit
with
failed as (
  select error_signature, error_step, error_type, true as is_now, run_id, started_ns, pack_name, pack_version
  from matching_runs($filters)
  where status = 'error'
  union all
  select error_signature, error_step, error_type, false, run_id, started_ns, pack_name, pack_version
  from matching_runs($before)
  where $has_before and status = 'error'
)
select error_signature, error_step, error_type,
  count(*) filter (where is_now) as runs,
  case when $has_before then count(*) filter (where not is_now) end as before_runs,
  min(started_ns) as first_ns,
  max(started_ns) as last_ns,
  list(distinct concat_ws(' ', pack_name, pack_version) order by concat_ws(' ', pack_name, pack_version))
    filter (where is_now and (pack_name is not null or pack_version is not null)) as versions,
  arg_max(run_id, started_ns, 10) filter (where is_now) as run_ids,
  arg_max(run_id, started_ns, 10) filter (where not is_now) as before_run_ids
from failed
group by error_signature, error_step, error_type
order by runs desc, before_runs desc nulls last, last_ns desc, error_signature, error_step, error_type
limit $limit
