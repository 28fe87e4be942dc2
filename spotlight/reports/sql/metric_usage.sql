-- Usage that only metrics tell, newest first.  One row per (service, session, model).
-- params: none
select *
from metric_usage
order by last_ns desc
limit 1000
