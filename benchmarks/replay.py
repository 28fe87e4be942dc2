"""What Spotlight adds to a model call: beside the vendor's bare client, and 64 calls beside each other.

    python -m benchmarks.replay [--calls 300] [--rounds 5]

All ask the same small server in a process of its own, which sends an answer of 40 pieces at once: what is
measured is the client's side. The bare client is the vendor's, with its own connections and types. HTTP alone
reads the same bytes with httpx2 and parses them. Ours is a whole call: body, lane, guarded connection, the
vendor's client without its types, canonical answer; then with the cache. Rounds take turns; the best counts.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import uvicorn

from replay.model import Request
from replay.providers import Limits, Model, Pool, ask, open_pool
from spotlight.messages.canonical import Message, Text

PIECES: Final = 40
IN_FLIGHT: Final = 64
WORDS: Final = "Which city is the capital of France?"
MODEL: Final = "m"
ASKED: Final = [{"role": "user", "content": WORDS}]
END: Final = f"word{PIECES - 1} "
Call = Callable[[], Awaitable[None]]


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]}
    return f"data: {json.dumps(event)}\n\n".encode()


_BODY: Final = (
    b"".join(_chunk({"content": f"word{i} "}) for i in range(PIECES))
    + _chunk({}, "stop")
    + b"data: [DONE]\n\n"
)


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})


def _serve(taken: socket.socket) -> None:
    config = uvicorn.Config(_answer, log_level="error", lifespan="off", ws="none", timeout_keep_alive=600)
    uvicorn.Server(config).run(sockets=[taken])


async def _rate(call: Call, calls: int, in_flight: int) -> float:
    """Return how many calls end per second with so many in flight."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await call()

    begin = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return calls / (time.perf_counter() - begin)


async def measure(url: str, data: Path, calls: int, rounds: int) -> None:
    """Print calls per second of the bare client, HTTP alone and ours, one by one and beside each other."""
    import httpx2
    import openai

    limits = Limits(in_flight=IN_FLIGHT, most_in_flight=IN_FLIGHT)
    async with (
        openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as bare,
        httpx2.AsyncClient(timeout=60) as http,
        open_pool(None, limits=limits, allow_private=True) as plain,
        open_pool(data, limits=limits, allow_private=True) as caching,
    ):
        ways = {"the vendor's client, bare": _bare(bare), "HTTP alone": _http(http, url)}
        ways |= _ours(Model("openai", MODEL, url, "chat", None), plain, caching)
        for in_flight in (1, IN_FLIGHT):
            best = dict.fromkeys(ways, 0.0)
            for _ in range(rounds):
                for name, call in ways.items():
                    best[name] = max(best[name], await _rate(call, calls, in_flight))
            _print(in_flight, best)


def _bare(client: Any) -> Call:
    """Return a call by the vendor's client as its documentation shows it."""

    async def call() -> None:
        stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
        text = ""
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
        assert text.endswith(END)

    return call


def _http(client: Any, url: str) -> Call:
    """Return a call that reads lines and parses them."""

    async def call() -> None:
        asking = {"model": MODEL, "messages": ASKED, "stream": True}
        async with client.stream("POST", f"{url}/chat/completions", json=asking) as response:
            lines = [line async for line in response.aiter_lines() if line.startswith("data: {")]
        told = [json.loads(line[6:])["choices"][0]["delta"].get("content", "") for line in lines]
        assert "".join(told).endswith(END)

    return call


def _ours(model: Model, plain: Pool, caching: Pool) -> dict[str, Call]:
    """Return our calls: without the cache, with an answer that it keeps, and with one that it has."""
    request = Request("openai", "chat", MODEL, (), (Message("user", (Text(WORDS),)),), None)
    fresh = itertools.count(1)

    async def call() -> None:
        assert (await ask(plain, model, request)).is_complete

    async def kept() -> None:
        answer = await ask(caching, model, request, repeat=next(fresh))
        assert answer.is_complete
        assert not answer.was_cached

    async def cached() -> None:  # its first call fills the cache; the best round counts
        assert (await ask(caching, model, request, repeat=0)).is_complete

    return {"ours": call, "ours, answer kept": kept, "ours, from the cache": cached}


def _print(in_flight: int, best: dict[str, float]) -> None:
    base = 1000 / best["the vendor's client, bare"]
    for name, rate in best.items():
        took = 1000 / rate
        print(
            f"{in_flight:3} in flight  {name:28} {rate:7,.0f} calls/s  {took:6.2f} ms a call  "
            f"{took / base:5.2f} x  {took - base:+6.2f} ms"
        )


def main() -> None:
    """Serve and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=300, help="calls of one round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as taken:
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(taken,), daemon=True)
        server.start()
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(url, Path(folder), given.calls, given.rounds))
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
