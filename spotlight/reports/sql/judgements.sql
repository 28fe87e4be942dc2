-- Macro: scores of some names, as `plain_name` writes them (NULL: all), with the run that each judges; NULL where that
-- run has not arrived.  One row per score.
-- params: none
create or replace macro judgements(names) as table
select *
from judged
where names is null or list_contains(names, plain_name)
