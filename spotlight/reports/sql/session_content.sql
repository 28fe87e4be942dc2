-- What the root, the first and the last model call of some runs carried, and the log record with the user's prompt,
-- which some clients tell nowhere else; content beyond `most` bytes is left out.
-- One row per (run_id, place).
-- params: run_ids, most
with
told as (
  select r.run_id, r.trace_id, r.root_span_id as span_id, 'root' as place
  from assembled_runs as r
  where r.run_id in (select unnest(cast($run_ids as varchar[])))
  union all
  select run_id, arg_min(trace_id, step), arg_min(span_id, step), 'first'
  from steps
  where is_generation and run_id in (select unnest(cast($run_ids as varchar[])))
  group by run_id
  union all
  select run_id, arg_max(trace_id, step), arg_max(span_id, step), 'last'
  from steps
  where is_generation and run_id in (select unnest(cast($run_ids as varchar[])))
  group by run_id
  union all
  select r.run_id, arg_max(s.trace_id, s.started_ns), arg_max(s.span_id, s.started_ns), 'prompt'
  from (
    select run_id, ended_ns, unnest(trace_ids) as trace_id
    from assembled_runs
    where run_id in (select unnest(cast($run_ids as varchar[])))
  ) as r
  join spans as s on s.trace_id = r.trace_id and (r.ended_ns is null or s.started_ns <= r.ended_ns)
  join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
  where s.signal = 'log' and s.kind = 'agent' and p.input_value is not null
  group by r.run_id
)
select t.run_id, t.place, s.dialect,
  case when octet_length(encode(s.attributes)) <= $most then s.attributes end as attributes,
  case when octet_length(encode(s.events)) <= $most then s.events end as events,
  case when octet_length(encode(p.input_messages)) <= $most then p.input_messages end as input_messages,
  case when octet_length(encode(p.output_messages)) <= $most then p.output_messages end as output_messages,
  case when octet_length(encode(p.input_value)) <= $most then p.input_value end as input_value,
  case when octet_length(encode(p.output_value)) <= $most then p.output_value end as output_value
from told as t
join spans as s on s.trace_id = t.trace_id and s.span_id = t.span_id
left join payloads as p on p.trace_id = t.trace_id and p.span_id = t.span_id
order by t.run_id, t.place
