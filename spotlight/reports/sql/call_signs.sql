-- What the tool calls of some traces show about going wrong: digests of arguments and result, and the words
-- with which a result reads like an error ('' where it does not).  One row per span that carries either.
-- params: traces, signs, characters
select trace_id, span_id,
  md5(tool_arguments) as arguments,
  md5(tool_result) as result,
  trim(regexp_extract(left(tool_result, $characters), $signs)) as sign
from payloads
where trace_id in (select unnest(cast($traces as varchar[])))
  and coalesce(tool_arguments, tool_result) is not null
