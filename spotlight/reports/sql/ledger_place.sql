-- Steps whose id is, or begins with, a text: two are enough to know that it is ambiguous.  One row per step.
-- params: span_id
select run_id, span_id
from steps
where starts_with(span_id, $span_id)
order by span_id <> $span_id, run_id, span_id
limit 2
