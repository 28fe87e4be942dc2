-- What flows through the values of up to four dimensions, on each the dearest by name and the rest as one.
-- One row per path: its place on each level, from 1 for the dearest, and its value there.
-- params: filters, level_1, level_2, level_3, level_4, keep
with
paid as materialized (
  select
    dimension($level_1, s) as value_1, dimension($level_2, s) as value_2,
    dimension($level_3, s) as value_3, dimension($level_4, s) as value_4,
    sum(try_cast(s.cost_usd as decimal(38, 12))) as cost_usd
  from matching_steps($filters) as s
  where s.cost_usd is not null
  group by 1, 2, 3, 4
),
ranked as materialized (
  select level, value, row_number() over (partition by level order by sum(cost_usd) desc, value nulls last) as rank
  from (
    select 1 as level, value_1 as value, cost_usd from paid
    union all select 2, value_2, cost_usd from paid
    union all select 3, value_3, cost_usd from paid
    union all select 4, value_4, cost_usd from paid
  )
  group by level, value
)
select
  least(a.rank, $keep + 1) as place_1, if(a.rank <= $keep, a.value, null) as value_1,
  least(b.rank, $keep + 1) as place_2, if(b.rank <= $keep, b.value, null) as value_2,
  least(c.rank, $keep + 1) as place_3, if(c.rank <= $keep, c.value, null) as value_3,
  least(d.rank, $keep + 1) as place_4, if(d.rank <= $keep, d.value, null) as value_4,
  sum(p.cost_usd) as cost_usd
from paid as p
join ranked as a on a.level = 1 and a.value is not distinct from p.value_1
join ranked as b on b.level = 2 and b.value is not distinct from p.value_2
join ranked as c on c.level = 3 and c.value is not distinct from p.value_3
join ranked as d on d.level = 4 and d.value is not distinct from p.value_4
group by all
order by 1, 3, 5, 7
