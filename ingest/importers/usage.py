"""Token usage with a breakdown -> OTel keys, the cache counted into the input once."""

from __future__ import annotations

from typing import NamedTuple

from spotlight import semconv as sc


class Usage(NamedTuple):
    """Tokens of one call as its source counts them; None is unknown."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


def usage_attributes(usage: Usage) -> dict[str, int | None]:
    """Return the usage as gen_ai.usage.* with input tokens that contain the cache.

    Sources count the cache into the input or beside it. Their total tells: where it is larger than
    input and output together by just the cache, the cache stands beside. More cache than input says
    so too. Reasoning that the total holds beside the output is counted into it likewise.
    """
    cache = (usage.cache_read or 0) + (usage.cache_write or 0)
    counted, output = usage.input, usage.output
    beside = None if usage.total is None else usage.total - (counted or 0) - (output or 0)
    reasoning = usage.reasoning or 0
    if counted is not None and cache and (beside in (cache, cache + reasoning) or cache > counted):
        counted += cache
    if output is not None and reasoning and (beside in (reasoning, cache + reasoning) or reasoning > output):
        output += reasoning
    return {
        sc.GEN_AI_USAGE_INPUT_TOKENS: counted,
        sc.GEN_AI_USAGE_OUTPUT_TOKENS: output,
        sc.GEN_AI_USAGE_CACHE_READ: usage.cache_read,
        sc.GEN_AI_USAGE_CACHE_WRITE: usage.cache_write,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }
