-- Macro: the rows of run_usage that tell the newest sums of their run, without the time (timed_usage.sql).
-- One row per row of run_usage.
-- params: none
create or replace macro asked_usage() as table
select u.*, cast(null as varchar) as day, cast(null as varchar) as hour
from stored_run_usage as u
anti join unsummed_runs as n on n.run_version = u.run_version
