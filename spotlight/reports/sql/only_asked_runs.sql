-- Macro: the runs that a question is about where a search has found the runs, for that question alone.
-- One row per run.
-- params: none
create or replace temp macro asked_runs() as table
select w.*
from assembled_runs as w
semi join found_runs as f on f.run_version = w.run_version
