"""Trace requests as a busy fleet of agents sends them: the load of every ingest benchmark.

Deterministic: the same kind, count and seed give the same bytes. "light" spans take about
1.2 KB each, "heavy" ones about 5.9 KB (messages of 1 to 8 KB); 512 spans a request, about
18 attributes a span of every value type, a few events, links, errors and nested values.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SPANS_PER_REQUEST: Final = 512
FIRST_NS: Final = 1_763_000_000 * 10**9

_WORDS: Final = (
    "the", "agent", "plans", "a", "refund", "for", "order", "customer", "policy", "tool", "search",
    "returned", "error", "retry", "budget", "token", "cache", "context", "window", "invoice",
    "ticket", "escalate", "summary", "naïve", "café", "数据", "結果", "Überprüfung", "поиск", "🚀",
    "database", "schema", "query", "latency", "timeout", "success", "failed", "session", "deploy",
    "rollback", "incident", "metric", "alert", "deadline", "contract", "clause", "payment",
    "gateway", "webhook", "payload", "verify", "signature", "token", "expired",
)  # fmt: skip
_MODELS: Final = (
    ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5.1"), ("openai", "gpt-5-mini"),
    ("google", "gemini-3-pro"), ("anthropic", "claude-haiku-4-5"),
)  # fmt: skip
_PACKS: Final = (
    *(("support-bot", f"1.{i}.0") for i in range(6)),
    *(("researcher", f"2.{i}.1") for i in range(4)),
    *(("coder", f"0.9.{i}") for i in range(3)),
)
_TOOLS: Final = (
    "search_orders", "get_invoice", "web_search", "run_sql", "send_email", "read_file", "create_ticket",
)  # fmt: skip


class _Sizes(NamedTuple):
    """Characters of message text: of a model call, of every other span, of a stack trace."""

    chat: tuple[int, int]
    other: tuple[int, int]
    stacktrace: int


_SIZES: Final = {
    "light": _Sizes((120, 200), (120, 200), 150),
    "heavy": _Sizes((1000, 8000), (200, 1000), 600),
}


def requests(kind: str, count: int, seed: int = 7) -> list[bytes]:
    """Return `count` encoded ExportTraceServiceRequests of `kind` "light" or "heavy"."""
    writer = _Writer(Random(seed), _SIZES[kind])
    return [writer.request() for _ in range(count)]


def set_value(value: AnyValue, given: Any) -> None:
    """Write a Python value into an OTLP attribute value."""
    if isinstance(given, bool):
        value.bool_value = given
    elif isinstance(given, int):
        value.int_value = given
    elif isinstance(given, float):
        value.double_value = given
    elif isinstance(given, str):
        value.string_value = given
    elif isinstance(given, bytes):
        value.bytes_value = given
    elif isinstance(given, list):
        value.array_value.SetInParent()
        for item in given:
            set_value(value.array_value.values.add(), item)
    elif isinstance(given, dict):
        value.kvlist_value.SetInParent()
        for key, item in given.items():
            set_attribute(value.kvlist_value.values, key, item)


def set_attribute(attributes: Any, key: str, given: Any) -> None:
    """Append one attribute to a repeated KeyValue field."""
    attribute = attributes.add()
    attribute.key = key
    set_value(attribute.value, given)


class _Writer:
    """Writes requests one after the other; its clock only goes forward."""

    def __init__(self, random: Random, sizes: _Sizes) -> None:
        self._random = random
        self._sizes = sizes
        self._now_ns = FIRST_NS

    def request(self) -> bytes:
        request = ExportTraceServiceRequest()
        left = SPANS_PER_REQUEST
        while left:
            pack, version = self._random.choice(_PACKS)
            resource_spans = request.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.41.0")
            for key, given in self._resource(pack, version).items():
                set_attribute(resource_spans.resource.attributes, key, given)
            scope_spans = resource_spans.scope_spans.add()
            scope_spans.scope.name = "opentelemetry.util.genai.handler"
            scope_spans.scope.version = "1.3b0"
            share = min(left, self._random.randint(40, 200))
            left -= share
            while share:
                count = min(share, self._random.randint(4, 16))
                self._trace(scope_spans.spans, pack, version, count)
                share -= count
        return request.SerializeToString()

    def _resource(self, pack: str, version: str) -> dict[str, Any]:
        return {
            "service.name": pack,
            "service.version": version,
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": "1.45.0",
            "deployment.environment.name": self._random.choice(("prod", "staging")),
            "host.name": f"node-{self._random.randint(0, 20)}",
            "process.pid": self._random.randint(100, 9999),
        }

    def _trace(self, spans: Any, pack: str, version: str, count: int) -> None:
        """Append one trace of `count` spans: a root and its children."""
        random = self._random
        trace_id, root_id = random.randbytes(16), random.randbytes(8)
        model = random.choice(_MODELS)
        common = {
            "gen_ai.conversation.id": f"sess-{random.randrange(1 << 24):06x}",
            "user.id": f"user-{random.randrange(5000)}",
            "gen_ai.agent.name": pack,
            "spotlight.pack.version": version,
            "spotlight.pack.name": pack,
        }
        fails = random.random() < 0.05
        for i in range(count):
            operation = "invoke_agent" if i == 0 else random.choice(("chat", "chat", "execute_tool"))
            span = spans.add(trace_id=trace_id, span_id=random.randbytes(8) if i else root_id, flags=0x101)
            span.parent_span_id = root_id if i else b""
            span.name = f"{operation} {model[1] if i else pack}"
            span.kind = random.choice((Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_CLIENT))
            self._now_ns += random.randint(10**5, 10**8)
            span.start_time_unix_nano = self._now_ns
            span.end_time_unix_nano = self._now_ns + random.randint(10**6, 30 * 10**9)
            details = self._tool_call() if operation == "execute_tool" else self._model_call(operation, model)
            for key, given in {"gen_ai.operation.name": operation, **common, **details}.items():
                set_attribute(span.attributes, key, given)
            self._extras(span, operation, pack, fails=fails and i in (0, count - 1))

    def _model_call(self, operation: str, model: tuple[str, str]) -> dict[str, Any]:
        random = self._random
        low, high = self._sizes.chat if operation == "chat" else self._sizes.other
        return {
            "gen_ai.provider.name": model[0],
            "gen_ai.request.model": model[1],
            "gen_ai.response.model": f"{model[1]}-2026",
            "gen_ai.request.temperature": random.choice((0.0, 0.2, 0.7, 1.0)),
            "gen_ai.request.max_tokens": random.choice((1024, 4096, 16_384)),
            "gen_ai.usage.input_tokens": random.randint(5000, 60_000),
            "gen_ai.usage.output_tokens": random.randint(10, 4000),
            "gen_ai.usage.cache_read.input_tokens": random.randint(0, 5000),
            "gen_ai.response.finish_reasons": [random.choice(("stop", "tool_calls", "length"))],
            "gen_ai.input.messages": self._messages(low, high),
            "gen_ai.output.messages": self._messages(low // 2, high // 2),
            "gen_ai.response.id": f"chatcmpl-{random.getrandbits(128):032x}",
            "custom.streaming": random.random() < 0.5,
        }

    def _tool_call(self) -> dict[str, Any]:
        random = self._random
        low, high = self._sizes.other
        return {
            "gen_ai.tool.name": random.choice(_TOOLS),
            "gen_ai.tool.call.id": f"call_{random.getrandbits(96):024x}",
            "gen_ai.tool.call.arguments": self._messages(low // 2, high // 2),
            "gen_ai.tool.call.result": self._messages(low, high),
            "gen_ai.tool.type": "function",
            "http.response.status_code": random.choice((200, 200, 404, 500)),
            "server.address": f"api{random.randint(0, 9)}.example.com",
            "custom.retry": random.randint(0, 3),
            "custom.cost_usd": random.random(),
        }

    def _extras(self, span: Span, operation: str, pack: str, *, fails: bool) -> None:
        random = self._random
        if random.random() < 0.08:
            nested = {"a": {"b": [1, 2.5, True, "ü"]}, "blob": b"\x00\xff\x01"}
            set_attribute(span.attributes, "custom.nested", nested)
        if random.random() < 0.05:
            set_attribute(span.attributes, "custom.bytes", random.randbytes(16))
        if not span.parent_span_id:
            set_attribute(span.attributes, "custom.tags", ["beta", "eu", pack])
        if operation == "chat" and random.random() < 0.5:
            event = span.events.add(name="gen_ai.choice", time_unix_nano=self._now_ns + 1000)
            set_attribute(event.attributes, "index", 0)
            set_attribute(event.attributes, "finish_reason", "stop")
        if fails:
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = "ToolError: timeout"
            event = span.events.add(name="exception", time_unix_nano=self._now_ns + 5)
            set_attribute(event.attributes, "exception.type", "TimeoutError")
            set_attribute(event.attributes, "exception.message", self._text(80))
            set_attribute(event.attributes, "exception.stacktrace", self._text(self._sizes.stacktrace))
        elif random.random() < 0.7:
            span.status.code = Status.STATUS_CODE_OK
        if random.random() < 0.05:
            link = span.links.add(trace_id=random.randbytes(16), span_id=random.randbytes(8))
            set_attribute(link.attributes, "reason", "handoff")

    def _messages(self, low: int, high: int) -> str:
        """Return `low` to `high` characters of chat messages as JSON, at times with \\u escapes."""
        size = self._random.randint(low, high)
        count = max(1, min(6, size // 800))
        messages = [
            {
                "role": self._random.choice(("system", "user", "assistant", "tool")),
                "parts": [{"type": "text", "content": self._text(size // count)}],
            }
            for _ in range(count)
        ]
        return json.dumps(messages, ensure_ascii=self._random.random() < 0.3)

    def _text(self, size: int) -> str:
        words: list[str] = []
        length = 0
        while length < size:
            word = self._random.choice(_WORDS)
            words.append(word)
            length += len(word) + 1
        return " ".join(words)
