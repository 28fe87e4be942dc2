"""A fleet of agents that was made up: what it deploys, calls, pays and how it fails.

Codes are places in these tuples; `named` turns them into text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

NS_PER_MS: Final = 1_000_000
NS_PER_HOUR: Final = 3_600_000_000_000
NS_PER_DAY: Final = 24 * NS_PER_HOUR
VERSIONS: Final = 7
TENANTS: Final = ("acme", "globex", "initech", "umbrella")
USERS: Final = 4_000
ENVIRONMENTS: Final = ("production", "staging", "development")
FEATURES: Final = ("chat", "search", "refund", "report")
SURFACES: Final = ("web", "api", "slack", "cli")
SUB_AGENTS: Final = ("researcher", "reviewer", "planner")
SKILLS: Final = ("refunds", "invoices", "charts")
APPROVALS: Final = ("approved", "denied", "approved", "approved")
KINDS: Final = (
    "agent", "llm", "tool", "retrieval", "memory_read", "memory_write", "approval", "checkpoint", "guardrail",
)  # fmt: skip
AGENT, LLM, TOOL, RETRIEVAL, MEMORY_READ, MEMORY_WRITE, APPROVAL, CHECKPOINT, GUARDRAIL = range(len(KINDS))


class Pack(NamedTuple):
    """What is deployed: which model it calls, and the version that went wrong, if one did."""

    name: str
    model: int
    bad_version: int | None


class Model(NamedTuple):
    """A model with its speed (output tokens a second) and USD per million tokens of each class."""

    provider: str
    name: str
    speed: float
    prices: tuple[float, float, float, float] | None  # uncached input, cache read, cache write, output


class Tool(NamedTuple):
    """A tool, how long it usually takes, and the fee of a call."""

    name: str
    median_ms: float
    fee_usd: float


class Failure(NamedTuple):
    """A way to fail: where, on which share of the days, and what it says (with one number)."""

    kind: int
    tool: int
    error_type: str
    message: str
    first: float
    last: float
    grows: bool


PACKS: Final = (
    Pack("support-bot", 0, None),
    Pack("researcher", 1, 4),
    Pack("coder", 0, None),
    Pack("sales-mail", 2, None),
    Pack("data-analyst", 4, None),
)
MODELS: Final = (
    Model("anthropic", "claude-sonnet-4-5", 60, (3.0, 0.3, 3.75, 15.0)),
    Model("openai", "gpt-5.1", 70, (1.25, 0.125, 0.0, 10.0)),
    Model("openai", "gpt-5-mini", 120, (0.25, 0.025, 0.0, 2.0)),
    Model("anthropic", "claude-haiku-4-5", 140, (1.0, 0.1, 1.25, 5.0)),
    Model("acme-inference", "house-70b", 45, None),
)
TOOLS: Final = (
    Tool("search_orders", 120, 0), Tool("get_invoice", 90, 0), Tool("web_search", 900, 0.01),
    Tool("run_sql", 400, 0), Tool("send_email", 250, 0), Tool("read_file", 15, 0),
    Tool("create_ticket", 300, 0), Tool("run_tests", 9_000, 0), Tool("translate", 500, 0),
    Tool("list_customers", 200, 0), Tool("render_chart", 700, 0), Tool("book_meeting", 350, 0),
)  # fmt: skip
_WAYS: Final = (
    ("TimeoutError", "{name} timed out after {n} ms"),
    ("ConnectionError", "{name}: connection to host-{n} was reset"),
    ("ValidationError", "{name}: field 'order_{n}' is required"),
)
FAILURES: Final = (
    Failure(LLM, -1, "RateLimitError", "429: limit of {n} tokens a minute reached", 0, 1, False),
    Failure(LLM, -1, "ContextLengthExceeded", "prompt is {n} tokens, more than the model takes", 0, 1, True),
    Failure(LLM, -1, "OverloadedError", "529: overloaded, request {n}", 0.55, 0.62, False),
    Failure(LLM, -1, "ContentFilterError", "response {n} was stopped by the filter", 0.9, 1, True),
    *(
        Failure(
            TOOL, tool, error, message.format(name=TOOLS[tool].name, n="{n}"),
            0.93 if tool == 7 else 0.0, 0.4 if tool == 8 else 1.0, tool == 3,
        )
        for tool in range(len(TOOLS))
        for error, message in _WAYS
    ),
)  # fmt: skip
SIGNATURES: Final = tuple(f"{f.error_type}: {f.message.replace('{n}', '<n>')}" for f in FAILURES)
UNIT_PRICES: Final = tuple(
    None
    if m.prices is None
    else json.dumps(dict(zip(("input", "cache_read", "cache_write", "output"), m.prices, strict=True)))
    for m in MODELS
)


def named(names: Sequence[str | None], codes: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Return the names that codes stand for; NULL where a code is negative or not `known`."""
    missing = codes < 0
    if known is not None:
        missing |= ~known
    return pa.array(names, pa.string()).take(pa.array(np.where(missing, 0, codes), pa.int64(), mask=missing))


def numbers(values: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Return numbers as int64, double or boolean; NULL where they are not `known`."""
    return pa.array(values, mask=None if known is None else ~known)


def hex_ids(random: np.random.Generator, count: int, digits: int) -> pa.Array:
    """Return random lowercase hexadecimal ids."""
    text = np.frombuffer(b"0123456789abcdef", np.uint8)[random.integers(0, 16, (count, digits), np.uint8)]
    offsets = np.arange(count + 1, dtype=np.int32) * digits
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))
