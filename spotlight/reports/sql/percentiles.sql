-- Macro: how some times `x` in ms are spread; percentiles lie between the two nearest values.  One row.
-- params: none
create or replace macro percentiles(x) as {
  'n': count(x),
  'unknown': count(*) - count(x),
  'at': quantile_cont(x, [0.5, 0.9, 0.95, 0.99]),
  'max_ms': max(x),
  'mean_ms': avg(x),
  'total_ms': sum(x)
}
