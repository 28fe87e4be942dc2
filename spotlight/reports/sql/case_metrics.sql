-- The metric points of some sessions, and of the processes of some traces, in some time.  One row per data point.
-- params: traces, sessions, since_ns, until_ns
select *
from stored_metrics
where time_ns between $since_ns and $until_ns
  and (
    coalesce(attributes->>'session.id', attributes->>'gen_ai.conversation.id', attributes->>'conversation.id')
      in (select unnest(cast($sessions as varchar[])))
    or resource in (
      select s.resource
      from stored_spans as s
      where s.trace_id in (select unnest(cast($traces as varchar[])))
        and contains(s.resource, '"service.instance.id"')
    )
  )
order by all
