-- What went into the root and into the first model call of some runs; content beyond `most` bytes is left out.
-- One row per (run_id, place).
-- params: run_ids, most
with
told as (
  select run_id, trace_id, root_span_id as span_id, 'root' as place
  from assembled_runs
  where run_id in (select unnest(cast($run_ids as varchar[])))
  union all
  select run_id, arg_min(trace_id, step), arg_min(span_id, step), 'first'
  from steps
  where is_generation and run_id in (select unnest(cast($run_ids as varchar[])))
  group by run_id
)
select t.run_id, t.place, s.dialect,
  case when octet_length(encode(s.attributes)) <= $most then s.attributes end as attributes,
  case when octet_length(encode(s.events)) <= $most then s.events end as events,
  case when octet_length(encode(p.input_messages)) <= $most then p.input_messages end as input_messages,
  case when octet_length(encode(p.input_value)) <= $most then p.input_value end as input_value,
  cast(null as varchar) as output_messages,
  cast(null as varchar) as output_value
from told as t
join spans as s on s.trace_id = t.trace_id and s.span_id = t.span_id
left join payloads as p on p.trace_id = t.trace_id and p.span_id = t.span_id
order by t.run_id, t.place
