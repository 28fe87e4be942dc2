-- Macro: the steps that a question is about: all, unless a search has narrowed it (only_asked_steps.sql).  One row per step.
-- params: none
create or replace macro asked_steps() as table
select *
from steps
