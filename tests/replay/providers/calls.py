"""Requests and models that tests ask, and one call as a plan makes it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

from replay.model import Request
from replay.providers import Answer, Limits, Model, ask, open_pool
from spotlight.messages.canonical import Message, Text, ToolDefinition

PATHS = {"chat": "/v1", "responses": "/v1", "messages": "/anthropic", "generate": "/gemini/v1beta"}
PROVIDERS = {"chat": "openai", "responses": "openai", "messages": "anthropic", "generate": "google"}
FINISHED = {"chat": "stop", "responses": "completed", "messages": "end_turn", "generate": "STOP"}
WEATHER = ToolDefinition(
    "get_weather",
    "Tells the weather.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "function",
    None,
)
QUESTION = Request(
    provider="openai",
    api="chat",
    model="gpt-4o",
    system=(Text("Be brief."),),
    messages=(Message("user", (Text("Which city is the capital of France?"),)),),
    tools=None,
    params={"max_tokens": 50},
)
FAST = Limits(attempts=3, first_wait_s=0.001, silence_s=20.0, total_s=30.0)


def mocked(url: str, api: Any, name: str, key_env: str | None = None) -> Model:
    """Return a model that llmock plays."""
    return Model(PROVIDERS[api], name, url + PATHS[api], api, key_env)


def asked(model: Model, request: Request = QUESTION, limits: Limits = FAST, **options: Any) -> Answer:
    """Return the answer to one call in a pool of its own, at a private address."""
    data: Path | None = options.pop("data", None)
    allow_private: bool = options.pop("allow_private", True)

    async def call() -> Answer:
        async with open_pool(data, limits=limits, allow_private=allow_private) as pool:
            return await ask(pool, model, request, **options)

    return asyncio.run(call())


def broken(url: str, model: str, *behaviors: dict[str, Any]) -> None:
    """Have llmock behave so towards the next requests for a model; Gemini's names stand in its paths."""
    named = [{"match": {"model": model}, **behavior} for behavior in behaviors]
    body = json.dumps({"behaviors": named}).encode()
    urllib.request.urlopen(f"{url}/_llmock/scenario", data=body).close()


def run_now(coroutine: Any) -> Any:
    """Return what a coroutine returns that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits for something")
