-- What happened in the matching runs: failures, tries again, other models, loops.  One row.
-- params: filters, loop
select
  count(*) as runs,
  count(*) filter (where status = 'error') as failed,
  count(*) filter (where status = 'incomplete') as incomplete,
  count(*) filter (where generations > 0 and fallbacks is not null) as runs_with_generations,
  count(*) filter (where (generations > 0 or tool_calls > 0) and retries is not null) as runs_with_calls,
  count(*) filter (where tool_calls > 0 and repeats is not null) as runs_with_tools,
  count(*) filter (where retries > 0) as with_retries,
  count(*) filter (where retries > 0 and status = 'ok') as recovered,
  count(*) filter (where fallbacks > 0) as with_fallbacks,
  count(*) filter (where repeats >= $loop) as with_loops,
  arg_max(run_id, started_ns, 20) filter (where status = 'error') as failed_run_ids,
  arg_max(run_id, started_ns, 20) filter (where status = 'incomplete') as incomplete_run_ids,
  arg_max(run_id, started_ns, 20) filter (where retries > 0) as retried_run_ids,
  arg_max(run_id, started_ns, 20) filter (where fallbacks > 0) as fallback_run_ids,
  arg_max(run_id, started_ns, 20) filter (where repeats >= $loop) as loop_run_ids
from matching_runs($filters)
