-- Attribute keys of every source, batch by batch.  One row per key of a source, day and batch.
-- params: none
select *
from stored_source_keys
