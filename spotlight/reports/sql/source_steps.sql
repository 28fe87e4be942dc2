-- What the steps of every source report, and what is odd about them.  One row per source (service, scope, signal).
-- params: since_ns
with
sent as not materialized (  -- only what is asked of it is read, each time
  select *, case signal when 'log' then 'logs' else 'traces' end as way,
    input_tokens is not null or output_tokens is not null as has_usage
  from spans
  where ($since_ns is null or received_ns >= $since_ns)
),
counted as (
  select service_name, scope_name, way,
    count(*) filter (where usage_basis = 'exclusive') as exclusive_usage,
    count(*) filter (where list_contains(quality_flags, 'usage_assumed')) as usage_assumed,
    count(*) filter (where list_contains(quality_flags, 'usage_conflict')) as usage_conflict,
    count(*) filter (where list_contains(quality_flags, 'no_start')) as no_start,
    count(*) filter (where list_contains(quality_flags, 'end_before_start')) as end_before_start,
    count(*) filter (where list_contains(quality_flags, 'clock_skew') or list_contains(quality_flags, 'bad_time'))
      as clock_skew,
    count(*) filter (where list_contains(quality_flags, 'dropped_events')) as dropped_events,
    count(*) filter (where list_contains(quality_flags, 'dropped_links')) as dropped_links,
    count(*) filter (where list_contains(quality_flags, 'duplicate_attributes')) as duplicate_attributes,
    count(*) filter (where list_contains(quality_flags, 'bad_id')) as bad_id,
    count(*) filter (where list_contains(quality_flags, 'resource_not_repeated')) as resource_not_repeated
  from sent
  group by service_name, scope_name, way
),
telling as (  -- the steps that can be calls, or repeat what calls used: the rest says nothing of either
  select trace_id, span_id, service_name, scope_name, way, kind, status = 'error' as is_error, has_usage, response_id,
    ttft_ms is not null or coalesce(regexp_matches(model_params, '"stream(ing)?": *true'), false) as is_streamed,
    events is not null as has_events
  from sent
  where kind in ('llm', 'agent', 'workflow', 'step')
),
above as (
  select trace_id, parent_span_id as span_id, bool_or(kind = 'llm') as llm_below, bool_or(has_usage) as usage_below
  from sent
  where parent_span_id is not null and (kind = 'llm' or has_usage)
  group by trace_id, parent_span_id
),
metered as (
  select distinct trace_id, service_name
  from sent
  where kind = 'llm' and has_usage
),
told_twice as (
  select trace_id, response_id
  from sent
  where kind = 'llm' and response_id is not null and way = 'traces'
  group by trace_id, response_id
  having count(distinct scope_name) > 1
),
judged as (
  select s.*,
    s.kind = 'llm' and not s.is_error and not coalesce(a.llm_below, false) as is_call,
    s.has_usage or coalesce(a.usage_below, false) as is_metered,
    s.kind <> 'llm' and s.has_usage and m.trace_id is not null as repeats_usage,
    t.trace_id is not null
      or (s.kind = 'llm' and s.has_usage and coalesce(a.llm_below and a.usage_below, false)) as is_told_twice,
    exists (select 1 from payloads as p where p.trace_id = s.trace_id and p.span_id = s.span_id) as has_content
  from telling as s
  left join above as a on a.trace_id = s.trace_id and a.span_id = s.span_id
  left join metered as m on m.trace_id = s.trace_id and m.service_name is not distinct from s.service_name
  left join told_twice as t on t.trace_id = s.trace_id and t.response_id = s.response_id
),
called as (
  select service_name, scope_name, way,
    count(*) filter (where is_call) as calls,
    count(*) filter (where is_call and not is_metered and not is_streamed) as calls_without_usage,
    count(*) filter (where is_call and not is_metered and is_streamed) as streamed_without_usage,
    count(*) filter (where is_call and not has_content and not has_events) as calls_without_content,
    count(*) filter (where repeats_usage) as repeated_usage,
    count(*) filter (where is_told_twice) as told_twice
  from judged
  group by service_name, scope_name, way
)
select s.service_name, s.scope_name, s.way as signal,
  coalesce(c.calls, 0) as calls,
  coalesce(c.calls_without_usage, 0) as calls_without_usage,
  coalesce(c.streamed_without_usage, 0) as streamed_without_usage,
  coalesce(c.calls_without_content, 0) as calls_without_content,
  s.exclusive_usage,
  coalesce(c.repeated_usage, 0) as repeated_usage,
  coalesce(c.told_twice, 0) as told_twice,
  s.* exclude (service_name, scope_name, way, exclusive_usage)
from counted as s
left join called as c
  on c.service_name is not distinct from s.service_name
  and c.scope_name is not distinct from s.scope_name and c.way = s.way
