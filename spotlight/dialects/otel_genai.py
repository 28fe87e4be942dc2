"""OpenTelemetry GenAI semantic conventions, every generation from 1.26 to the newest.

All generations are read for ever, the newest first: emitters lag by years and some keep
an old and a new spelling side by side. Whether input tokens contain the cache became a
rule only in 1.40, so the basis is told from the report itself.

Source: semantic-conventions v1.26 to v1.41; semantic-conventions-genai (2026-08);
opentelemetry-util-genai 1.3b0; vendors' variants as named beside the key.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, Key, KindRule, Prefix

OPERATIONS: Final = {
    **dict.fromkeys(("chat", "generate_content", "text_completion", "completion", "generate", "response",
                     "fetch_response", "realtime_inference", "llm_call"), "llm"),
    **dict.fromkeys(("embeddings", "embedding"), "embedding"),
    **dict.fromkeys(("invoke_agent", "agent_call"), "agent"),
    "invoke_workflow": "workflow",
    # Making an agent is no run of it.
    **dict.fromkeys(("create_agent", "agent_step", "plan", "execute_task", "react", "schedule_tool_calls",
                     "execute_event_loop_cycle"), "step"),
    **dict.fromkeys(("execute_tool", "tool_call"), "tool"),
    "retrieval": "retrieval",
    "rerank": "rerank",
    "apply_guardrail": "guardrail",
    "evaluate": "evaluator",
    "search_memory": "memory_read",
    **dict.fromkeys(("create_memory", "update_memory", "upsert_memory", "delete_memory",
                     "create_memory_store", "update_memory_store", "delete_memory_store"), "memory_write"),
    **dict.fromkeys(("execute_hook", "content_event", "user_prompt", "system_prompt"), "other"),
}  # fmt: skip

OPERATION_RULE: Final = KindRule(sc.GEN_AI_OPERATION_NAME, OPERATIONS)

DIALECT: Final = Dialect(
    name="otel_genai",
    scopes=(
        "opentelemetry.util.genai",
        "opentelemetry.instrumentation.openai_v2",
        "opentelemetry.instrumentation.openai_agents_v2",
        "opentelemetry.instrumentation.google_genai",
        "opentelemetry.instrumentation.vertexai",
        "opentelemetry.instrumentation.genai",
        "com.anthropic.sdk",
        "com.anthropic.claude-platform",
    ),
    keys=("gen_ai.",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "gen_ai.session.id", "anthropic.session.id"),
        "user_id": ("gen_ai.user.id", "gen_ai.user", "gen_ai.request.user"),
        "agent_name": (sc.GEN_AI_AGENT_NAME,),
        "agent_id": ("gen_ai.agent.id",),
        "pack_version": (sc.GEN_AI_AGENT_VERSION,),
        "prompt_name": ("gen_ai.prompt.name",),
        "prompt_version": ("gen_ai.prompt.version",),
        "feature": ("gen_ai.workflow.name",),
        "environment": ("gen_ai.environment",),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "gen_ai.request_model"),
        "response_model": (sc.GEN_AI_RESPONSE_MODEL, "gen_ai.response_model"),
        "response_id": (sc.GEN_AI_RESPONSE_ID, "gen_ai.response_id"),
        "finish_reasons": (
            sc.GEN_AI_RESPONSE_FINISH_REASONS,
            "gen_ai.response.finish_reason",
            "gen_ai.finishReason",
            "gen_ai.response.stop_reason",
            "anthropic.message.stop_reason",
        ),
        "model_params": (
            Prefix("gen_ai.request.", without=(sc.GEN_AI_REQUEST_MODEL, "gen_ai.request.user")),
            "model_config",
        ),
        "input_tokens": (sc.GEN_AI_USAGE_INPUT_TOKENS, "gen_ai.usage.prompt_tokens"),
        "output_tokens": (sc.GEN_AI_USAGE_OUTPUT_TOKENS, "gen_ai.usage.completion_tokens"),
        "cache_read_tokens": (
            sc.GEN_AI_USAGE_CACHE_READ,
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            "gen_ai.usage.details.cache_read_input_tokens",
            "gen_ai.usage.prompt_tokens_details.cached_tokens",
        ),
        "cache_write_tokens": (
            sc.GEN_AI_USAGE_CACHE_WRITE,
            sc.GEN_AI_USAGE_CACHE_CREATION,
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
        ),
        "reasoning_tokens": (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.completion_tokens_details.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
        ),
        TOTAL_TOKENS: ("gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
        "cost_reported_usd": ("gen_ai.usage.cost", "gen_ai.usage.total_cost"),
        "ttft_ms": (
            Key("gen_ai.response.time_to_first_chunk", scale=1000),
            Key("gen_ai.server.time_to_first_token"),  # Strands: ms as a span attribute
        ),
        "tool_name": (sc.GEN_AI_TOOL_NAME,),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, "gen_ai.tool.call_id"),  # Gemini CLI's spelling
        "tool_type": (sc.GEN_AI_TOOL_TYPE,),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES,),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES,),
        "system_instructions": (sc.GEN_AI_SYSTEM_INSTRUCTIONS,),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS,),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, "gen_ai.tool.args", "gen_ai.tool.input"),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, "gen_ai.tool.output", "gen_ai.tool.result"),
    },
    kinds=(OPERATION_RULE,),
)
