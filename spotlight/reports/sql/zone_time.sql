-- Macro: what stands instead of local_time where a question is asked in another zone than UTC.  One row.
-- params: none
create or replace temp macro local_time(ns) as
  make_timestamp(ns // 1000) at time zone 'UTC' at time zone current_setting('TimeZone')
