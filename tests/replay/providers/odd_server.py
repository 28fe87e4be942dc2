"""A server of model answers that are not as they should be, over real HTTP, and what it was sent."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

GOOD = "".join(
    f"data: {json.dumps(event)}\n\n"
    for event in (
        {
            "id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "m",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}}],
        },
        {
            "id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "m",
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        },
    )
)  # fmt: skip
_PATIENCE_S = 10.0
STREAM = {"content-type": "text/event-stream"}


class Said(NamedTuple):
    """One response of the server."""

    body: str | bytes | tuple[str, ...] = GOOD  # several pieces: what follows the first waits for `go_on`
    status: int = 200
    headers: Mapping[str, str] = STREAM


class OddServer:
    """Says what it is told, in turn, the last thing for ever; keeps the headers of what it was sent."""

    def __init__(self, *says: Said) -> None:
        self.says = list(says)
        self.seen: list[dict[str, str]] = []
        self.url = ""
        self.go_on = threading.Event()
        self.waited_in_vain = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        while (await receive()).get("more_body"):
            pass
        self.seen.append({k.decode(): v.decode() for k, v in scope["headers"]})
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        headers = [(k.encode(), v.encode("latin-1")) for k, v in said.headers.items()]
        await send({"type": "http.response.start", "status": said.status, "headers": headers})
        pieces = said.body if isinstance(said.body, tuple) else (said.body,)
        for place, piece in enumerate(pieces):
            if place:
                self.waited_in_vain |= not await asyncio.to_thread(self.go_on.wait, _PATIENCE_S)
            body = piece if isinstance(piece, bytes) else piece.encode()
            is_last = place + 1 == len(pieces)
            await send({"type": "http.response.body", "body": body, "more_body": not is_last})


@contextmanager
def serving(*says: Said) -> Iterator[OddServer]:
    """Serve what is said at 127.0.0.1."""
    app = OddServer(*says)
    taken = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    app.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    try:
        yield app
    finally:
        app.go_on.set()
        server.should_exit = True
        thread.join()
        taken.close()
