-- Packs with their versions, and where version and content disagree, the newest first.
-- One row per (pack_name, pack_version).
-- params: pack, limit
with
told as (
  select pack_name, pack_version, pack_version_source, pack_digest, agent_name, status, started_ns
  from runs
  where $pack is null or pack_name = $pack
),
contents as (  -- a version speaks for the content only where somebody declared it
  select
    pack_name, pack_version, agent_name, pack_digest, min(started_ns) as first_ns
  from told
  where pack_digest is not null and not starts_with(pack_version, 'sha:') and not starts_with(pack_version, 'svc:')
  group by all
),
changed as (
  select distinct pack_name, pack_version
  from (
    select pack_name, pack_version
    from contents
    group by pack_name, pack_version, agent_name
    having count(distinct pack_digest) > 1
  )
),
renamed as (
  select later.pack_name, later.pack_version, list(distinct earlier.pack_version order by earlier.pack_version) as earlier
  from contents as later
  join contents as earlier
    on earlier.pack_name = later.pack_name
    and earlier.agent_name is not distinct from later.agent_name
    and earlier.pack_digest = later.pack_digest
    and earlier.pack_version <> later.pack_version
    and earlier.first_ns < later.first_ns
  group by all
)
select
  t.pack_name,
  t.pack_version,
  list(distinct t.pack_version_source order by t.pack_version_source)
    filter (where t.pack_version_source is not null) as sources,
  list(distinct t.pack_digest order by t.pack_digest) filter (where t.pack_digest is not null) as digests,
  count(*) as runs,
  count(*) filter (where t.status = 'error') as failed_runs,
  count(*) filter (where t.pack_digest is null) as runs_without_digest,
  min(t.started_ns) as first_seen_ns,
  max(t.started_ns) as last_seen_ns,
  any_value(c.pack_version) is not null as same_version_different_content,
  any_value(r.earlier) as same_content_as
from told as t
left join changed as c on c.pack_name = t.pack_name and c.pack_version = t.pack_version
left join renamed as r on r.pack_name = t.pack_name and r.pack_version = t.pack_version
group by t.pack_name, t.pack_version
order by last_seen_ns desc nulls last, t.pack_name, t.pack_version
limit $limit
