-- The runs that pass the filters, a page of them.  One row per run.
-- params: filters, order, limit, offset
select *
from matching_runs($filters)
order by
  case when $order = 'failed_first' then case status when 'error' then 0 when 'incomplete' then 1 else 2 end end,
  case when $order = 'slowest' then duration_ms end desc nulls last,
  case when $order = 'most_expensive' then cost_usd end desc nulls last,
  case when $order = 'most_tokens' then coalesce(input_tokens, 0) + coalesce(output_tokens, 0) end desc nulls last,
  started_ns desc nulls last,
  run_id
limit $limit offset $offset
