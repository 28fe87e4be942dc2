-- The different tool definitions that model calls of some runs carried.  One row per digest.
-- params: run_ids, since_ns, until_ns
with
own as (
  select distinct trace_id, span_id
  from steps
  where is_generation and run_id in (select unnest(cast($run_ids as varchar[])))
    and started_ns between $since_ns and $until_ns
)
select md5(p.tool_definitions) as digest, any_value(p.tool_definitions) as definitions
from payloads as p
join own as o on o.trace_id = p.trace_id and o.span_id = p.span_id
where p.started_ns between $since_ns and $until_ns and p.tool_definitions is not null
group by digest
order by digest
