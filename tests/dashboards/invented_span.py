"""What invented spans carry: an ordinary conversation, or an attack in every field."""

from __future__ import annotations

from typing import Any

from spotlight.model import SPANS

DAY_NS = 1_763_596_800_000_000_000  # 2025-11-20
MARKUP = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1> ![x](http://evil.test/x.png) "
    "[go](javascript:window.pwned=1) :material/home: $x^2$ \u202egnp.exe\u202c \x00\x07 "
    "<style>*{display:none}</style>"
)
HUGE = "A" + "b" * 1_000_000


def message(role: str, text: str) -> dict[str, Any]:
    """Return one canonical message of text."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def conversation() -> dict[str, Any]:
    """Return the messages of a model call with reasoning, a tool call and its result."""
    arguments = {"order": 1234, "deep": [1, {}]}
    call = {"type": "tool_call", "id": "call_1", "name": "search_orders", "arguments": arguments}
    result = {"type": "tool_call_response", "id": "call_1", "response": '{"status": "delivered", "items": 3}'}
    asked = [
        message("system", "You are the refunds agent of support-pack v1.5.1. Follow policy R-12. " * 12),
        message("user", "Order 1234 came broken. I want my money back. " + MARKUP),
        {"role": "assistant", "parts": [{"type": "text", "content": "I will look up the order."}, call]},
        {"role": "tool", "parts": [result]},
    ]
    thought = {"type": "reasoning", "content": "The item is covered. Refund is allowed."}
    said = {"type": "text", "content": "Your refund of 42.00 EUR is on its way."}
    answer = [{"role": "assistant", "finish_reason": "stop", "parts": [thought, said]}]
    tools = [{"name": "search_orders"}]
    return {"input": asked, "output": answer, "tools": tools, "state": "full", "notes": []}


def hostile_conversation() -> dict[str, Any]:
    """Return a conversation with a megabyte of text, and a role and parts nobody knows."""
    talk = conversation()
    odd = {"role": "user", "parts": [{"type": MARKUP, "x": HUGE}, None]}
    return talk | {"input": [*talk["input"], message(MARKUP, HUGE), odd]}


def span_document(span_id: str, kind: str, *, failed: bool, hostile: bool) -> dict[str, Any]:
    """Return everything about one span."""
    span: dict[str, Any] = dict.fromkeys(c.name for c in SPANS.columns)
    span |= {"span_id": span_id, "kind": kind, "started_ns": str(DAY_NS)}
    if failed:
        said = HUGE if hostile else "timeout after 5 s (retry 2 of 2)"
        span |= {"status": "error", "error_type": "ToolError", "error_message": said}
    attributes: dict[str, Any] = {"shop.order": 1234, "shop.tags": ["a", "b"], "long": "x" * 300}
    if hostile:
        attributes = {MARKUP: MARKUP, "huge": HUGE, "many": list(range(5000)), "big": str(2**63)}
    arguments = '{"to": "ann@example.test", "retry": 2}'
    called = {"tool_arguments": arguments, "tool_result": HUGE if hostile else "timeout"}
    name = MARKUP if hostile else "exception"
    event = {"name": name, "time_ns": str(DAY_NS + 5), "attributes": {"a": 1}}
    absent: dict[str, Any] = {"input": [], "output": [], "tools": [], "state": "absent", "notes": []}
    talk = hostile_conversation() if hostile else conversation()
    return {
        "span": span,
        "attributes": attributes,
        "events": [event] if failed or hostile else [],
        "links": [],
        "resource": {"service.name": "shop"},
        "payload": called if kind == "tool" else None,
        "messages": talk if kind == "llm" else absent,
        "logs": [],
    }
