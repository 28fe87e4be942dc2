-- Spans that no assembled run knows yet, bulky texts left out.  One row per stored span.
-- params: none
select * exclude (attributes, events, links)
from stored_spans
where journal_position > (select coalesce(max(assembled_position), -1) from stored_runs)
