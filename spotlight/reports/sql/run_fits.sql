-- Macro: whether the run `r` has the duration that the filters ask for; NULL where it has none.  One row.
-- params: none
create or replace macro run_fits(f, r) as (
  (given(f).min_ms is null or r.duration_ms >= given(f).min_ms)
  and (given(f).max_ms is null or r.duration_ms < given(f).max_ms)
)
