"""The causes of waste: in which order they claim dollars, and how a reader is told what each one counts."""

from __future__ import annotations

from typing import Final, NamedTuple


class Cause(NamedTuple):
    """One cause; `unit` is what is counted.

    `shown_by` names what calls must report for it to be told, and which calls could.
    """

    name: str
    title: str
    unit: str
    shown_by: tuple[str, str] | None
    is_estimated: bool
    explanation: str
    not_reported: str = ""


# The order of precedence. Causes that usage shows come before those that content shows: how much content
# was looked at never changes the former.
CAUSES: Final = (
    Cause(
        "failed_runs", "Failed runs", "runs", None, False,
        "Everything that runs cost which ended in an error.",
    ),
    Cause(
        "abandoned_runs", "Abandoned runs", "runs", None, False,
        "Everything that runs cost whose root never arrived, and that have been quiet for an hour: killed, "
        "cut off, or not sent.",
    ),
    Cause(
        "errors", "Errors and retries", "calls", None, False,
        "Model and tool calls that failed, and model calls made to try a failed tool again, in runs that "
        "went on. A retry that succeeds is no waste by itself: what it repeats is.",
    ),
    Cause(
        "cache_misses", "Cache missed", "calls", ("with_cache", "generations"), False,
        "Model calls that could have read the prompt of the agent's call before them from the provider's "
        "cache, and read at least 1,024 tokens less. Same model, within 5 minutes (an hour where it was "
        "written for an hour). Counted is what the tokens missed cost as new input or as a new write.",
        "no model call says how much it read from a cache: send gen_ai.usage.cache_read.input_tokens",
    ),
    Cause(
        "resent_context", "Context sent again", "calls", ("with_input", "generations"), True,
        "Input that was in the agent's call before, and was paid in full again: neither read from a cache "
        "nor written to one. A call is taken to repeat the one before where it is large enough to hold its "
        "input and its answer. Read from a cache, the same tokens would still have cost a part of this.",
        "no model call reports its input tokens: send gen_ai.usage.input_tokens",
    ),
    Cause(
        "repeated_calls", "Identical tool calls", "calls", ("calls_with_arguments", "tool_calls"), False,
        "Tool calls with the tool and the arguments of an earlier one in the run, where both answered the "
        "same or an answer is not recorded. Counted is their fee, and the model calls that asked for "
        "nothing else.",
        "no tool call looked at carries its arguments: send gen_ai.tool.call.arguments",
    ),
    Cause(
        "unused_definitions", "Tools never called", "definitions", ("calls_with_definitions", "generations"),
        True,
        "Definitions of tools that were offered to a model, and that no run of the pack called in this time. "
        "Tokens are estimated: characters / 4, priced as the call's average input.",
        "no model call looked at carries tool definitions: send gen_ai.tool.definitions",
    ),
    Cause(
        "oversized_results", "Oversized tool results", "results", ("calls_with_results", "tool_calls"), True,
        "What tool results have beyond {large_result_tokens:,} tokens, in every later prompt of the agent "
        "that can hold them. Tokens are estimated: characters / 4, priced as the call's average input.",
        "no tool call looked at carries its result: send gen_ai.tool.call.result",
    ),
)  # fmt: skip
