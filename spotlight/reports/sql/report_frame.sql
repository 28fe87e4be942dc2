-- What a report is about: how many runs match, when they began, and by which price books they were priced.  One row.
-- params: filters
select
  count(*) as runs,
  min(started_ns) as first_ns,
  max(started_ns) as last_ns,
  coalesce(list(distinct price_book order by price_book) filter (where price_book is not null), []) as price_books
from matching_runs($filters)
