-- What every source sent.  One row per source (service, scope, signal).
-- params: since_ns
with
counted as (
  select service_name, scope_name, signal,
    string_agg(distinct dialect, ', ' order by dialect) as dialects,
    cast(sum(requests) as bigint) as requests, cast(sum(items) as bigint) as items,
    cast(sum(items) filter (where dialect = 'unknown') as bigint) as unknown_items,
    cast(sum(attributes) as bigint) as attributes, cast(sum(mapped_attributes) as bigint) as mapped_attributes,
    cast(sum(dropped_attributes) as bigint) as dropped_attributes,
    cast(sum(truncated_values) as bigint) as truncated_values, cast(sum(bad_json) as bigint) as bad_json,
    cast(sum(resent) as bigint) as resent, cast(sum(replaced) as bigint) as replaced,
    max(received_ns) as last_received_ns
  from sources
  where ($since_ns is null or received_ns >= $since_ns)
  group by service_name, scope_name, signal
),
keyed as (
  select service_name, scope_name, signal,
    count(distinct key) filter (where mapped) as mapped_keys,
    count(distinct key) filter (where not mapped) as unmapped_keys
  from source_keys
  where ($since_ns is null or received_ns >= $since_ns)
  group by service_name, scope_name, signal
)
select counted.*, coalesce(keyed.mapped_keys, 0) as mapped_keys, coalesce(keyed.unmapped_keys, 0) as unmapped_keys,
  cast(counted.service_name is null or starts_with(counted.service_name, 'unknown_service') as integer) as unknown_service,
  cast(bool_and(counted.signal = 'metrics') over service as integer) as metrics_only,
  cast(bool_and(counted.signal <> 'traces') over service and counted.signal = 'logs' as integer) as logs_only
from counted
left join keyed
  on keyed.service_name is not distinct from counted.service_name
  and keyed.scope_name is not distinct from counted.scope_name and keyed.signal = counted.signal
window service as (partition by counted.service_name)
order by counted.service_name, counted.signal = 'metrics', counted.items desc, counted.scope_name, counted.signal
