-- Macro: whether the run `r` has the text and the duration that the filters ask for; NULL where it has none.  One row.
-- params: none
create or replace macro run_fits(f, r) as (
  (
    given(f).text is null
    or contains(
      lower(concat_ws(
        ' ', r.run_id, r.name, r.session_id, r.user_id, r.agent_name, r.pack_name, r.error_type, r.error_message
      )),
      lower(given(f).text)
    )
  )
  and (given(f).min_ms is null or r.duration_ms >= given(f).min_ms)
  and (given(f).max_ms is null or r.duration_ms < given(f).max_ms)
)
