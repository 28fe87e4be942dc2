-- current_steps
-- What runs did, each step once, at the price it was given first.  One row per (tenant, run_id, span_id).
-- params: none
select s.*
from stored_steps as s
anti join replaced_steps as n on n.run_version = s.run_version
