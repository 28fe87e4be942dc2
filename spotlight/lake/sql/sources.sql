-- What every source sent, batch by batch.  One row per source, day and batch.
-- params: none
select *
from stored_sources
