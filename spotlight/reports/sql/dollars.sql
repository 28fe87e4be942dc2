-- Macro: the sum of amounts in USD, exact to 1e-12 and the same in any order, so that parts add up to their whole.
-- NULL where no amount is known.  One row.
-- params: none
create or replace macro dollars(amount) as cast(sum(try_cast(amount as decimal(38, 12))) as double)
