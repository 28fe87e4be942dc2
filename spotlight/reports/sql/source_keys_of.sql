-- The attribute keys of a source, the unmapped first, then by frequency.  One row per key.
-- params: service_name, scope_name, signal, since_ns, limit
select key, bool_or(mapped) as mapped, cast(sum("count") as bigint) as "count", any_value(type) as type,
  string_agg(distinct dialect, ', ' order by dialect) as dialects
from source_keys
where service_name is not distinct from $service_name and scope_name is not distinct from $scope_name
  and signal = $signal and ($since_ns is null or received_ns >= $since_ns)
group by key, case when key is null then mapped end
order by bool_or(mapped), key is null, sum("count") desc, key
limit $limit
