-- Phrases of one to three words that users and tools said, in some runs (inside) and in others (outside).
-- Of a text the first 200 words count.  One row per (what, value).
-- params: inside, outside, fewest
with
sides as (
  select unnest($inside::varchar[]) as run_id, true as is_inside
  union all
  select unnest($outside::varchar[]) as run_id, false as is_inside
),
traces as (
  select run_id, is_inside, unnest(trace_ids) as trace_id
  from runs
  join sides using (run_id)
),
texts as (
  select t.run_id, t.is_inside, case s.part when 'user' then 'user said' else 'tool answered' end as what,
    regexp_extract_all(left(s.text, 2000), '[\pL\pN_]+')[:200] as words
  from said() as s
  join traces as t on t.trace_id = s.trace_id
  where s.part in ('user', 'tool', 'result')
  union all
  select sides.run_id, sides.is_inside, 'error said' as what,
    regexp_extract_all(lower(left(s.error_message, 2000)), '[\pL\pN_]+')[:200] as words
  from steps as s
  join sides on sides.run_id = s.run_id
  where s.error_message is not null
),
phrases as (
  select run_id, is_inside, what, unnest(words) as value
  from texts
  union all
  select run_id, is_inside, what, unnest([words[i] || ' ' || words[i + 1] for i in range(1, len(words))])
  from texts
  union all
  select run_id, is_inside, what,
    unnest([words[i] || ' ' || words[i + 1] || ' ' || words[i + 2] for i in range(1, len(words) - 1)])
  from texts
),
features as (
  select distinct is_inside, run_id, what, value
  from phrases
  where strlen(value) > 2
)
select what, value, count(*) filter (where is_inside) as inside, count(*) filter (where not is_inside) as outside,
  bit_xor(hash(run_id)) as mark, arg_min(run_id, run_id, 40) filter (where is_inside) as run_ids
from features
group by what, value
having count(*) >= $fewest
order by what, value
