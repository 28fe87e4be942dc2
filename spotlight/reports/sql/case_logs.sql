-- The log records of some traces, those that their steps were made from, and those of their sessions meanwhile.
-- One row per log record.
-- params: traces, sessions, since_ns, until_ns
select l.*
from stored_logs as l
where l.trace_id in (select unnest(cast($traces as varchar[])))
  or (l.session_id in (select unnest(cast($sessions as varchar[])))
    and l.time_ns between $since_ns and $until_ns)
  or exists (
    select 1
    from stored_spans as s
    where s.signal = 'log'
      and s.trace_id in (select unnest(cast($traces as varchar[])))
      and s.journal_position = l.journal_position
      and s.ended_ns = l.time_ns
  )
order by all
