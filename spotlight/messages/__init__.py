"""Messages as stored -> one canonical form, and back into the providers' own forms.

Content is stored as sent, in two dozen wire shapes; it is read when somebody looks, so that a
better reader improves old data. `canonical` is the form, `reading` sniffs the shape of each
message with the tables of `shapes`, `conversation` joins a span's columns, attributes, events and
logs, `writing` goes back to OpenAI, Anthropic, Gemini and OTel for replay.
"""

from __future__ import annotations

from spotlight.messages.canonical import (
    Blob,
    Compaction,
    Conversation,
    File,
    Generic,
    Message,
    Part,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    Uri,
    message_json,
    part_json,
    to_json,
)
from spotlight.messages.conversation import read_conversation
from spotlight.messages.reading import read_messages
from spotlight.messages.writing import (
    Written,
    to_anthropic,
    to_gemini,
    to_openai,
    to_otel,
    to_responses,
)

__all__ = [
    "Blob",
    "Compaction",
    "Conversation",
    "File",
    "Generic",
    "Message",
    "Part",
    "Reasoning",
    "ServerToolCall",
    "ServerToolCallResponse",
    "Text",
    "ToolCall",
    "ToolCallResponse",
    "ToolDefinition",
    "Uri",
    "Written",
    "message_json",
    "part_json",
    "read_conversation",
    "read_messages",
    "to_anthropic",
    "to_gemini",
    "to_json",
    "to_openai",
    "to_otel",
    "to_responses",
]
