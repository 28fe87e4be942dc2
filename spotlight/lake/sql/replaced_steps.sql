-- Versions of runs that another version has replaced and whose steps are still stored: none once they are compacted.
-- One row per run_version.
-- params: none
select distinct s.run_version
from stored_steps as s
where s.run_version in (select replaces from stored_runs where replaces is not null)
