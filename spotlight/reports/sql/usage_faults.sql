-- Usage that no call can have, and costs that the client reports otherwise, the newest first.
-- One row per (run_id, span_id, fault).
-- params: filters, run_id, apart, limit
with
leaves as (
  select *
  from matching_steps($filters)
  where usage_role = 'leaf' and ($run_id is null or run_id = $run_id)
),
compared as (  -- a fault is a value above its bound; unknown on either side is none
  select
    run_id, span_id, started_ns, pack_name, pack_version, provider, model,
    unnest([
      {
        'fault': 'more cache than input',
        'value': cast(coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as double),
        'bound': cast(input_tokens as double)
      },
      {
        'fault': 'more reasoning than output',
        'value': cast(reasoning_tokens as double), 'bound': cast(output_tokens as double)
      },
      {
        'fault': 'more written for an hour than written',
        'value': cast(cache_write_1h_tokens as double), 'bound': cast(cache_write_tokens as double)
      },
      {
        'fault': 'more audio than input',
        'value': cast(audio_input_tokens as double), 'bound': cast(input_tokens as double)
      },
      {
        'fault': 'more audio than output',
        'value': cast(audio_output_tokens as double), 'bound': cast(output_tokens as double)
      },
      {
        'fault': 'negative count',
        'value': -cast(least(
          input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
          reasoning_tokens, audio_input_tokens, audio_output_tokens
        ) as double),
        'bound': 0.0
      },
      {
        'fault': 'client reports another cost',
        'value': abs(cost_reported_usd - cost_usd),
        'bound': $apart * greatest(abs(cost_reported_usd), abs(cost_usd))
      }
    ], recursive := true)
  from leaves
),
found as (
  select run_id, span_id, started_ns, pack_name, pack_version, provider, model, fault, value, bound
  from compared
  where value > bound
  union all
  select
    run_id, null, started_ns, pack_name, pack_version, null, null, 'a count no call can have was left out', null, null
  from matching_runs($filters)
  where list_contains(quality_flags, 'impossible_usage') and ($run_id is null or run_id = $run_id)
)
select *, count(*) over () as n
from found
order by started_ns desc nulls last, run_id, span_id, fault
limit $limit
