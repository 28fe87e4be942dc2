-- Versions of runs that another version has replaced and whose usage is still stored: none once they are compacted.
-- One row per run_version.
-- params: none
select distinct u.run_version
from stored_run_usage as u
where u.run_version in (select replaces from stored_runs where replaces is not null)
