"""Spring AI: OTel GenAI keys on model calls, its own on chat clients, advisors, tools and vector stores.

Client and advisor spans are wrappers (gen_ai.operation.name is `framework` there). The scope is the
application's, so spans are told by their keys; those of a model call alone are plain OTel GenAI. The
conversation stands on the chat client's span.

Source: spring-ai (2026-08), *ObservationDocumentation and AiObservationAttributes.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, Key, KindRule

_KINDS: Final = {
    "chat_client": "step",
    "advisor": "step",
    "tool_call": "tool",
    "vector_store": "retrieval",
}

DIALECT: Final = Dialect(
    name="spring_ai",
    scopes=("org.springframework.ai", "spring-ai"),
    keys=("spring.ai.", "db.vector."),
    extends=("otel_genai",),
    fields={
        "session_id": ("spring.ai.chat.client.conversation.id", "gen_ai.conversation.id"),
        "tool_name": ("gen_ai.tool.name", "spring.ai.tool.definition.name"),
        "tool_call_id": ("gen_ai.tool.call.id", "spring.ai.tool.call.id"),
        "tool_type": ("gen_ai.tool.type", "spring.ai.tool.type"),
        "tool_arguments": (
            "gen_ai.tool.call.arguments",
            Key("spring.ai.tool.call.arguments", kinds=("tool",)),
        ),
        "tool_result": ("gen_ai.tool.call.result", Key("spring.ai.tool.call.result", kinds=("tool",))),
        "input_value": ("db.vector.query.content",),
        "output_value": ("db.vector.query.response.documents",),
    },
    kinds=(KindRule("spring.ai.kind", _KINDS),),
)
