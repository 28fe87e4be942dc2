-- Everything stored in metrics.  One row per data point.
-- params: none
select *
from stored_metrics
