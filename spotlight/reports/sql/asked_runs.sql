-- Macro: the runs that a question is about: all, unless a search has narrowed it (only_asked_runs.sql).  One row per run.
-- params: none
create or replace macro asked_runs() as table
select *
from assembled_runs
