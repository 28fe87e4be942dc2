-- Macro: the rows of run_usage that tell the newest sums of their run, with the day and hour in which it began, for a
-- question that divides by them.  One row per row of run_usage.
-- params: none
create or replace temp macro asked_usage() as table
with
quarters as (  -- quarters of an hour: every zone's offset is a multiple, and few times need converting
  select quarter, local_time(quarter * 900000000000) as start
  from (select distinct first_ns // 900000000000 as quarter from stored_run_usage where first_of & 1 = 1)
),
named as (
  select quarter, strftime(start, '%Y-%m-%d') as day, strftime(start, '%Y-%m-%d %H:00') as hour
  from quarters
)
select u.*, q.day, q.hour
from stored_run_usage as u
left join named as q on q.quarter = u.first_ns // 900000000000
anti join unsummed_runs as n on n.run_version = u.run_version
