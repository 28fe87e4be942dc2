-- Macro: how a question is answered from run_usage, with types, from the parameter `summed` (usage_question.py).  One row.
-- params: none
create or replace macro summing(s) as cast(s as struct(period varchar, bit tinyint))
