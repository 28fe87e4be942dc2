-- Macro: the steps that a question is about where a search has found the runs, for that question alone.
-- One row per step.
-- params: none
create or replace temp macro asked_steps() as table
select w.*
from steps as w
semi join found_runs as f on f.run_version = w.run_version
