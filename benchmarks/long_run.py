"""One run of any length as trace requests: an agent and its sub-agents, in turn at work.

Deterministic: the same count gives the same bytes. A tenth of the tool calls repeat the one before them,
one in fifty fails, and a person is waited for now and then: what a long run's page has to make out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from random import Random
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from benchmarks.spans import set_value

FIRST_NS: Final = 1_763_000_000 * 10**9
MS: Final = 1_000_000
SPANS_PER_REQUEST: Final = 512
_TOOLS: Final = ("crm.lookup", "search_orders", "get_refund_policy", "send_email", "kb.search")
_MODELS: Final = ("claude-sonnet-4-5", "gpt-5-mini", "claude-haiku-4-5")


def run_id(count: int) -> str:
    """Return the id of the run of so many spans."""
    return hashlib.sha256(f"long run {count}".encode()).hexdigest()[:32]


def long_run(count: int) -> list[bytes]:
    """Return the requests that make a run of `count` spans."""
    spans = list(_spans(count))
    requests = []
    for first in range(0, len(spans), SPANS_PER_REQUEST):
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        name = resource.resource.attributes.add(key="service.name")
        name.value.string_value = "support-bot"
        scope: ScopeSpans = resource.scope_spans.add()
        scope.scope.name = "opentelemetry.instrumentation.benchmark"
        scope.spans.extend(spans[first : first + SPANS_PER_REQUEST])
        requests.append(request.SerializeToString())
    return requests


class _Run:
    """Spans of one run while they are added."""

    def __init__(self, count: int) -> None:
        self.random = Random(count)
        self.trace = bytes.fromhex(run_id(count))
        self.made = 0

    def span(self, parent: bytes, name: str, start_ms: float, ms: float, **attributes: object) -> Span:
        """Return a span; `failed` among the attributes is its error message."""
        self.made += 1
        said = attributes.pop("failed", None)
        start, end = (FIRST_NS + int(at * MS) for at in (start_ms, start_ms + ms))
        made = Span(
            trace_id=self.trace, span_id=self.made.to_bytes(8, "big"), parent_span_id=parent, name=name,
            start_time_unix_nano=start, end_time_unix_nano=end,
        )  # fmt: skip
        for key, value in attributes.items():
            entry = made.attributes.add(key="gen_ai." + key.replace("__", "."))
            set_value(entry.value, value)
        if said:
            made.status.code = Status.STATUS_CODE_ERROR
            made.status.message = str(said)
        return made

    def agent(self, parent: bytes, name: str, start_ms: float) -> Span:
        """Return an agent's span, its end still to be set."""
        said = {"operation__name": "invoke_agent", "agent__name": name}
        return self.span(parent, f"invoke_agent {name}", start_ms, 0, **said)


def _spans(count: int) -> Iterator[Span]:
    run = _Run(count)
    at = 5.0
    root = run.agent(b"", "support", 0)
    while run.made < count:
        writer = run.random.choice(("refunds", "writer", "triage"))
        agent = run.span(
            root.span_id, f"invoke_agent {writer}", at, 0, operation__name="invoke_agent", agent__name=writer
        )
        for _ in range(min(run.random.randint(6, 18), count - run.made)):
            step = _step(run, agent.span_id, at)
            at = (step.end_time_unix_nano - FIRST_NS) / MS + run.random.lognormvariate(1, 1)
            yield step
        at += 45_000 if run.random.random() < 0.01 else 2
        agent.end_time_unix_nano = FIRST_NS + int(at * MS)
        yield agent
    root.end_time_unix_nano = FIRST_NS + int((at + 1) * MS)
    yield root


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _step(run: _Run, agent: bytes, at: float) -> Span:
    """Return a model call or a tool call."""
    if run.random.random() < 0.5:
        model = run.random.choice(_MODELS)
        asked = [
            {"role": "user", "parts": [{"type": "text", "content": f"Order {run.made} came broken. " * 8}]}
        ]
        said = [{"role": "assistant", "parts": [{"type": "text", "content": "I look it up. " * 6}]}]
        return run.span(
            agent, f"chat {model}", at, run.random.lognormvariate(6.5, 0.7), operation__name="chat",
            request__model=model, response__model=model, usage__input_tokens=run.random.randint(900, 9000),
            usage__output_tokens=run.random.randint(20, 900), input__messages=asked,
            output__messages=said, provider__name="anthropic" if "claude" in model else "openai",
        )  # fmt: skip
    name = "kb.search" if run.random.random() < 0.3 else run.random.choice(_TOOLS)
    failed = {"failed": "timeout after 5 s"} if run.random.random() < 0.02 else {}
    return run.span(
        agent, f"execute_tool {name}", at, run.random.lognormvariate(5, 1), operation__name="execute_tool",
        tool__name=name, tool__call__arguments='{"order": 1234}', tool__call__result="delivered", **failed,
    )  # fmt: skip
