"""Vercel AI SDK 3 to 7: `ai.*` spans, and from 7 on OTel GenAI spans by @ai-sdk/otel.

Up to 6, `ai.generateText` repeats the usage of its `.doGenerate` calls; from 7 on invoke_agent
does. Every retry is a call of its own. Input of Anthropic models excludes the cache up to 5.

Source: ai 6.0.326 and 7.0.173, @ai-sdk/otel 1.0.173; @ai-sdk/anthropic 2.0.0 and 3.0.0 (usage).
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import (
    TOTAL_TOKENS,
    Dialect,
    JsonPath,
    Key,
    KindRule,
    Prefix,
    Source,
    UsageRule,
)

_PROVIDER: Final = "ai.response.providerMetadata"
# Parts of ai.response.* that are no content; without ids and counts, which have columns of their own.
_NO_CONTENT: Final = tuple(
    f"ai.response.{name}"
    for name in (
        "providerMetadata",
        "timestamp",
        "msToFirstChunk",
        "msToFinish",
        "id",
        "model",
        "finishReason",
        "avgCompletionTokensPerSecond",
        "avgOutputTokensPerSecond",
    )
)
_OPERATIONS: Final = {
    **{
        f"ai.{call}.do{verb}": "llm"
        for call in ("generatetext", "streamtext", "generateobject", "streamobject")
        for verb in ("generate", "stream")
    },
    **dict.fromkeys(
        (
            "ai.generatetext",
            "ai.streamtext",
            "ai.generateobject",
            "ai.streamobject",
            "ai.embed",
            "ai.embedmany",
            "ai.rerank",
        ),
        "step",
    ),
    "ai.embed.doembed": "embedding",
    "ai.embedmany.doembed": "embedding",
    "ai.rerank.dorerank": "rerank",
    "ai.toolcall": "tool",
    "ai.decide": "decision",
    "ai.decide.dodecide": "decision",
    **dict.fromkeys(("ai.transcribe", "ai.generatespeech", "ai.generateimage"), "llm"),
}


def _said(*names: str) -> tuple[Source, ...]:
    """Return where users put an item of identity: telemetry metadata, from 7 on the runtime context."""
    return tuple(
        f"{where}.{name}" for where in ("ai.telemetry.metadata", "ai.settings.context") for name in names
    )


def _metadata(*paths: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(JsonPath(_PROVIDER, path) for path in paths)


DIALECT: Final = Dialect(
    name="vercel_ai",
    scopes=("=ai", "=gen_ai", "@ai-sdk/otel"),
    keys=("ai.operationId", "ai.telemetry.", "ai.usage."),
    usage_basis="inclusive",
    usage_rules=(
        UsageRule(
            basis="exclusive",
            providers=("anthropic", "bedrock"),
            having=("ai.usage.inputTokens",),
            lacking=("ai.usage.inputTokenDetails.",),
        ),
        UsageRule(basis="exclusive", providers=("anthropic", "bedrock"), having=("ai.usage.promptTokens",)),
    ),
    extends=("otel_genai",),
    fields={
        "session_id": (
            sc.GEN_AI_CONVERSATION_ID,
            *_said(
                "sessionId",
                "session_id",
                "threadId",
                "thread_id",
                "conversationId",
                "conversation_id",
                "chatId",
            ),
        ),
        "user_id": _said("userId", "user_id"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "ai.telemetry.functionId"),
        "pack_name": _said("packName", "pack_name", "pack"),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, *_said("packVersion", "pack_version")),
        "prompt_name": (
            *_said("promptName", "prompt_name"),
            JsonPath("ai.telemetry.metadata.langfusePrompt", ("name",)),
        ),
        "prompt_version": (
            *_said("promptVersion", "prompt_version"),
            JsonPath("ai.telemetry.metadata.langfusePrompt", ("version",)),
        ),
        "feature": (*_said("feature"), "ai.telemetry.functionId"),
        "surface": _said("surface", "channel"),
        "environment": _said("environment"),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM, "ai.model.provider", "aisdk.model.provider"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "ai.model.id", "aisdk.model.id"),
        "response_model": ("ai.response.model",),
        "response_id": (Key("ai.response.id"),),
        "finish_reasons": (
            sc.GEN_AI_RESPONSE_FINISH_REASONS,
            "ai.response.finishReason",
            "ai.result.finishReason",
        ),
        "model_params": (
            Prefix("gen_ai.request.", without=(sc.GEN_AI_REQUEST_MODEL,)),
            Prefix("ai.settings."),
        ),
        "input_tokens": (
            sc.GEN_AI_USAGE_INPUT_TOKENS,
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
            Key("ai.usage.tokens"),
        ),
        "output_tokens": (
            sc.GEN_AI_USAGE_OUTPUT_TOKENS,
            "ai.usage.outputTokens",
            "ai.usage.completionTokens",
        ),
        "cache_read_tokens": (
            sc.GEN_AI_USAGE_CACHE_READ,
            "ai.usage.inputTokenDetails.cacheReadTokens",
            "ai.usage.cachedInputTokens",
            *_metadata(
                ("openai", "cachedPromptTokens"),
                ("anthropic", "usage", "cache_read_input_tokens"),
                ("anthropic", "cacheReadInputTokens"),
                ("bedrock", "usage", "cacheReadInputTokens"),
            ),
        ),
        "cache_write_tokens": (
            sc.GEN_AI_USAGE_CACHE_WRITE,
            sc.GEN_AI_USAGE_CACHE_CREATION,
            "ai.usage.inputTokenDetails.cacheWriteTokens",
            *_metadata(
                ("anthropic", "usage", "cache_creation_input_tokens"),
                ("anthropic", "cacheCreationInputTokens"),
                ("bedrock", "usage", "cacheWriteInputTokens"),
            ),
        ),
        "cache_write_1h_tokens": _metadata(
            ("anthropic", "usage", "cache_creation", "ephemeral_1h_input_tokens")
        ),
        "reasoning_tokens": (
            "ai.usage.outputTokenDetails.reasoningTokens",
            "ai.usage.reasoningTokens",
            *_metadata(("openai", "reasoningTokens")),
        ),
        TOTAL_TOKENS: ("ai.usage.totalTokens",),
        "ttft_ms": ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"),
        "tool_name": (sc.GEN_AI_TOOL_NAME, "ai.toolCall.name"),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, "ai.toolCall.id"),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, "ai.toolCall.args", "ai.toolCall.input"),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, "ai.toolCall.result", "ai.toolCall.output"),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, "ai.prompt.messages", "ai.prompt"),
        "output_messages": (
            sc.GEN_AI_OUTPUT_MESSAGES,
            Prefix("ai.response.", without=_NO_CONTENT),
            Prefix("ai.result."),
        ),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, "ai.prompt.tools"),
        "input_value": ("ai.value", "ai.values", "ai.documents", "ai.decision.state"),
        "output_value": ("ai.ranking", "ai.decision.answers"),
    },
    kinds=(OPERATION_RULE, KindRule("ai.operationId", _OPERATIONS)),
)
