"""Laminar (lmnr): its own observations, and model calls of OpenLLMetry's instrumentations in its words.

Source: lmnr 0.8.2, lmnr/opentelemetry_lib/tracing/attributes.py; @lmnr-ai/lmnr 0.7.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import Dialect, InName, JsonPath, Key, KindRule

_ASSOCIATION: Final = "lmnr.association.properties"
_INPUT: Final = "lmnr.span.input"
_OUTPUT: Final = "lmnr.span.output"
_TYPES: Final = {
    "llm": "llm",
    "cached": "llm",
    "tool": "tool",
    **dict.fromkeys(("evaluator", "human_evaluator", "evaluation"), "evaluator"),
    **dict.fromkeys(("executor", "event"), "step"),
}


def _said(*names: str) -> tuple[str, ...]:
    """Return where users put a fact: metadata of the trace."""
    return tuple(f"{_ASSOCIATION}.{where}{name}" for where in ("metadata.", "") for name in names)


DIALECT: Final = Dialect(
    name="laminar",
    scopes=("lmnr", "@lmnr-ai", "laminar"),
    keys=("lmnr.",),
    extends=("openllmetry",),
    fields={
        "session_id": (f"{_ASSOCIATION}.session_id", "lmnr.span.session_id"),
        "user_id": (f"{_ASSOCIATION}.user_id", "lmnr.span.user_id"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, *_said("agent_name")),
        "pack_name": _said("pack_name", "packName", "pack"),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, *_said("pack_version", "packVersion")),
        "prompt_name": _said("prompt_name", "promptName"),
        "prompt_version": (*_said("prompt_version", "promptVersion"), "lmnr.span.prompt_hash"),
        "feature": _said("feature"),
        "surface": _said("surface"),
        "environment": _said("environment"),
        "cache_write_1h_tokens": (
            "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h",
            "gen_ai.usage.cache_creation.1h_input_tokens",
        ),
        "reasoning_tokens": ("gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens"),
        "audio_input_tokens": ("gen_ai.usage.audio_input_tokens",),
        "audio_output_tokens": ("gen_ai.usage.audio_output_tokens",),
        "cost_reported_usd": ("gen_ai.usage.cost",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName("(?s)(.+)", kinds=("tool",))),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, Key(_INPUT, kinds=("tool",))),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, Key(_OUTPUT, kinds=("tool",))),
        "input_messages": (
            sc.GEN_AI_INPUT_MESSAGES,
            Key(_INPUT, kinds=("llm",)),
            Key("ai.prompt.messages", kinds=("llm",)),
        ),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Key(_OUTPUT, kinds=("llm",))),
        "system_instructions": (
            sc.GEN_AI_SYSTEM_INSTRUCTIONS,
            JsonPath("gen_ai.request.instructions", ()),
        ),
        "input_value": (_INPUT,),
        "output_value": (_OUTPUT,),
    },
    kinds=(
        KindRule("lmnr.span.type", _TYPES),
        OPERATION_RULE,
        KindRule("lmnr.span.type", {"default": "step"}),
    ),
)
