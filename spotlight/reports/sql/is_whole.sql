-- Macro: whether a row `u` of run_usage answers a question as a whole: all steps of its run are inside the window and,
-- where it is divided by `period` (day or hour), in one of these.  One row.
-- params: none
create or replace macro is_whole(f, period, u) as (
  (given(f).since_ns is null or u.first_ns >= given(f).since_ns)
  and (given(f).until_ns is null or u.last_ns < given(f).until_ns)
  and (
    period is null
    -- Zones are apart by multiples of a quarter of an hour, and nearly all runs begin and end in one.
    or u.first_ns // 900000000000 = u.last_ns // 900000000000
    or date_trunc(period, local_time(u.first_ns)) = date_trunc(period, local_time(u.last_ns))
  )
)
