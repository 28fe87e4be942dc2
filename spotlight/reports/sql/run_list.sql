-- The runs that pass the filters, a page of them.  One row per run.
-- params: filters, order, limit, offset
with
page as (  -- which runs, before what is known of them: to read every column of all runs takes five times as long
  select
    run_version, date, started_ns,
    case when $order = 'failed_first' then case status when 'error' then 0 when 'incomplete' then 1 else 2 end end
      as place,
    case $order
      when 'slowest' then duration_ms
      when 'most_expensive' then cost_usd
      when 'most_tokens' then coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
    end as most
  from matching_runs($filters)
  order by place, most desc nulls last, started_ns desc nulls last, run_version desc
  limit $limit offset $offset
)
select r.*
from assembled_runs as r
join page on page.run_version = r.run_version and page.date = r.date
order by page.place, page.most desc nulls last, r.started_ns desc nulls last, r.run_version desc
