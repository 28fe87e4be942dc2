-- Traces of the spans that came in before the newest ones.  One row per trace.
-- params: limit
with
ranked as (
  select trace_id, row_number() over (order by journal_position desc) as age
  from stored_spans
)
select distinct trace_id
from ranked
where age > $limit
