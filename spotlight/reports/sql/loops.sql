-- Runs in which one tool was called many times in a row, the longest rows first.  One row per run.
-- params: filters, loop, limit
select run_id, name, started_ns, pack_name, pack_version, status, repeats, duration_ms, cost_usd
from matching_runs($filters)
where repeats >= $loop
order by repeats desc, started_ns desc, run_id
limit $limit
