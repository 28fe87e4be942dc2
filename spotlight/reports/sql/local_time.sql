-- Macro: a point in time `ns` as people write it in the zone of the question: UTC, unless zone_time.sql stands instead.
-- One row.
-- params: none
create or replace macro local_time(ns) as make_timestamp(ns // 1000)
