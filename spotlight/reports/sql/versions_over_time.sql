-- Runs of every pack version in equal stretches of time.  One row per (pack_name, pack_version, from_ns).
-- params: filters, stretch_ns
select pack_name, pack_version, started_ns // $stretch_ns * $stretch_ns as from_ns, count(*) as runs,
  count(*) filter (where status = 'error') as failed
from matching_runs($filters)
where started_ns is not null
group by all
order by from_ns, pack_name nulls last, pack_version nulls last
