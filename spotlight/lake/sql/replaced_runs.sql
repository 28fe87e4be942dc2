-- Versions of runs that another version has replaced and that are still stored: none once they are compacted.
-- One row per run_version.
-- params: none
select distinct r.run_version
from stored_runs as r
where r.run_version in (select replaces from stored_runs where replaces is not null)
