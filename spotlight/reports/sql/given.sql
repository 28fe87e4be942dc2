-- Macro: the filters of a question with their types, from the parameter `filters`.  One row.
-- params: none
create or replace macro given(f) as cast(f as struct(
  status varchar[], pack_name varchar, pack_version varchar, session_id varchar, user_id varchar,
  tenant_claimed varchar, environment varchar, feature varchar, surface varchar,
  replay_of varchar, variant varchar, experiment_id varchar, agent_name varchar,
  model varchar, since_ns bigint, until_ns bigint, min_ms double, max_ms double,
  other boolean
))
