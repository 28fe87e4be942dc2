"""LiveKit Agents: voice sessions; a turn of the agent, the model calls within it, and its tools.

agent_session is the root, one for a whole call; an llm_node wraps the llm_request that carries tokens,
and llm_request_run is one attempt of it. Names of content keys got `pii.` in between: both are read.
A failed tool says lk.function_tool.is_error. Time to first token is in seconds.

Source: livekit-agents (2026-08), telemetry/trace_types.py and voice/.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import TOOL_ERROR, Dialect, JsonPath, Key, NameRule, Source


def _content(name: str) -> tuple[Source, ...]:
    """Return both spellings of a key that holds what people said."""
    return f"lk.pii.{name}", f"lk.{name}"


_LLM: Final = ("llm",)

DIALECT: Final = Dialect(
    name="livekit",
    scopes=("livekit-agents", "livekit"),
    keys=("lk.",),
    extends=("otel_genai",),
    fields={
        "session_id": ("gen_ai.conversation.id", "lk.room_sid", "lk.job_id"),
        "turn_id": ("lk.generation_id", "lk.speech_id"),
        "user_id": _content("participant_identity"),
        "agent_name": ("gen_ai.agent.name", "lk.agent_name", "lk.agent_label"),
        "agent_id": ("gen_ai.agent.id", "lk.cloud_agent_id"),
        "pack_version": ("gen_ai.agent.version", "lk.deployment_id"),
        "cache_read_tokens": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.input_cached_tokens"),
        "audio_input_tokens": ("gen_ai.usage.audio.input_tokens", "gen_ai.usage.input_audio_tokens"),
        "audio_output_tokens": ("gen_ai.usage.audio.output_tokens", "gen_ai.usage.output_audio_tokens"),
        "ttft_ms": (Key("lk.response.ttft", scale=1000),),
        "tool_name": ("gen_ai.tool.name", "lk.function_tool.name"),
        "tool_call_id": ("gen_ai.tool.call.id", "lk.function_tool.id"),
        "tool_arguments": _content("function_tool.arguments"),
        "tool_result": _content("function_tool.output"),
        "input_messages": tuple(JsonPath(str(key), ("items",), kinds=_LLM) for key in _content("chat_ctx")),
        "output_messages": tuple(
            Key(str(key), kinds=_LLM)
            for key in (*_content("response.text"), *_content("response.function_calls"))
        ),
        "tool_definitions": (Key("lk.function_tools", kinds=_LLM),),  # names only
        "system_instructions": _content("instructions"),
        "input_value": (*_content("user_input"), *_content("input_text")),
        "output_value": _content("user_transcript"),
        TOOL_ERROR: ("lk.function_tool.is_error",),
    },
    names=(
        NameRule("llm_request_run", "http"),
        NameRule("llm_request", "llm"),
        NameRule("llm_node", "llm"),
        NameRule("function_tool", "tool"),
        NameRule("agent_session", "workflow"),
        NameRule("agent_turn", "agent"),
        NameRule("start_agent_activity", "agent"),
        NameRule("realtime_assistant_turn", "llm"),
        NameRule("user_turn", "human_input"),
        NameRule("tts_", "step"),
        NameRule("stt_", "step"),
        NameRule("judge_evaluation", "evaluator"),
    ),
)
