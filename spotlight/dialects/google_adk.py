"""Google Agent Development Kit: OTel GenAI keys from 2.x on, whole requests and responses as JSON before.

Releases of the 1.x line put a model call into gcp.vertex.agent.llm_request and .llm_response, the
cache and reasoning counts in the latter only, and the session on model calls only; output tokens leave
the reasoning out there. Handing over to another agent is a tool call named transfer_to_agent, and
`execute_tool (merged)` repeats the results of parallel calls. A tool that returns its error as text
looks like any other.

Source: google-adk 1.14 to 2.13, google/adk/telemetry.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, InName, JsonPath, Key, KindRule, NameRule, UsageRule

_REQUEST: Final = "gcp.vertex.agent.llm_request"
_RESPONSE: Final = "gcp.vertex.agent.llm_response"


def _usage(name: str) -> JsonPath:
    """Return where a response's usage stands."""
    return JsonPath(_RESPONSE, ("usage_metadata", name), kinds=("llm",))


DIALECT: Final = Dialect(
    name="google_adk",
    scopes=("gcp.vertex.agent",),
    keys=("gcp.vertex.agent.",),
    usage_basis="inclusive",
    usage_rules=(
        UsageRule(
            output_excludes_reasoning=True,
            having=(_RESPONSE,),
            lacking=("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.experimental."),
        ),
    ),
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "gcp.vertex.agent.session_id"),
        "turn_id": ("gcp.vertex.agent.invocation_id",),
        "agent_name": (
            sc.GEN_AI_AGENT_NAME,
            InName(r"agent_run \[(.+)\]", kinds=("agent",)),
            InName(r"invoke_agent (.+)", kinds=("agent",)),
        ),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, JsonPath(_REQUEST, ("model",), kinds=("llm",))),
        "finish_reasons": (
            sc.GEN_AI_RESPONSE_FINISH_REASONS,
            JsonPath(_RESPONSE, ("finish_reason",), kinds=("llm",)),
        ),
        "input_tokens": (sc.GEN_AI_USAGE_INPUT_TOKENS, _usage("prompt_token_count")),
        "output_tokens": (sc.GEN_AI_USAGE_OUTPUT_TOKENS, _usage("candidates_token_count")),
        "cache_read_tokens": (sc.GEN_AI_USAGE_CACHE_READ, _usage("cached_content_token_count")),
        "reasoning_tokens": (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.experimental.reasoning_tokens",
            _usage("thoughts_token_count"),
        ),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName(r"execute_tool (.+)", kinds=("tool",))),
        # On tool spans the keys of a model call hold "{}".
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Key(_REQUEST, kinds=("llm",))),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Key(_RESPONSE, kinds=("llm",))),
        "system_instructions": (
            sc.GEN_AI_SYSTEM_INSTRUCTIONS,
            JsonPath(_REQUEST, ("config", "system_instruction"), kinds=("llm",)),
        ),
        "tool_definitions": (
            sc.GEN_AI_TOOL_DEFINITIONS,
            JsonPath(_REQUEST, ("config", "tools"), kinds=("llm",)),
        ),
        "tool_arguments": (
            sc.GEN_AI_TOOL_CALL_ARGUMENTS,
            Key("gcp.vertex.agent.tool_call_args", kinds=("tool",)),
        ),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, Key("gcp.vertex.agent.tool_response", kinds=("tool",))),
    },
    kinds=(
        # The model hands the conversation on with a tool: nothing else is called.
        KindRule(sc.GEN_AI_TOOL_NAME, {"transfer_to_agent": "handoff"}),
        KindRule(sc.GEN_AI_OPERATION_NAME, {"invoke_node": "step"}),
    ),
    names=(
        NameRule("call_llm", "llm"),
        NameRule("agent_run [", "agent"),
        NameRule("invocation", "workflow"),
    ),
    pseudo=("execute_tool (merged)",),
)
