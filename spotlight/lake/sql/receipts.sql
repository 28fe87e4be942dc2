-- Everything stored in receipts.  One row per request outcome.
-- params: none
select *
from stored_receipts
