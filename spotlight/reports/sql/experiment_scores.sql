-- What scores say of some runs: the mean of those with a number, or a yes as 1 and a no as 0.  One row per (run, score).
-- params: run_ids, above
select run_id, plain_name as name, avg(coalesce(value, cast(passes(value, label, $above) as double))) as value
from judgements(null)
where run_id in (select unnest(cast($run_ids as varchar[])))
group by run_id, plain_name
having value is not null
order by run_id, name
