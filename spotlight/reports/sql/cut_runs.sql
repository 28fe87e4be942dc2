-- Versions of runs that run_usage does not answer for: the window, or a day or hour, cuts them apart, or it has no
-- newest sums of them.  One row per run_version.
-- params: filters, summed
select n.run_version
from unsummed_runs as n
where not n.is_replaced
union all
select u.run_version
from stored_run_usage as u
anti join unsummed_runs as n on n.run_version = u.run_version
where u.first_of & 1 = 1
  and (given($filters).since_ns is null or u.last_ns >= given($filters).since_ns)
  and (given($filters).until_ns is null or u.first_ns < given($filters).until_ns)
  and not is_whole($filters, summing($summed).period, u)
