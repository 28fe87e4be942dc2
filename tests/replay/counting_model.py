"""A model server that counts: OpenAI's chat completions over HTTP, streamed, answering what a test says."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class CountingModel:
    """What was asked, by the last words of the user; `on_call` is told of each call before it is answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: Counter[str] = Counter()
        self.on_call: Callable[[], None] = lambda: None
        self.reply: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {"content": "ok"}


@contextmanager
def counting_model() -> Iterator[CountingModel]:
    """Serve on a free port while the block runs."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                model.asked[_words(body)] += 1
                model.on_call()
            delta = model.reply(body)
            if delta.get("refused"):
                self.send_response(400)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(delta)) + "data: [DONE]\n\n"
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:  # who asked was killed
            pass

    server = Server(("127.0.0.1", 0), Handler)
    model = CountingModel(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _words(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def _chunks(delta: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    said: dict[str, Any] = {
        "index": 0,
        "delta": {"role": "assistant"} | delta,
        "finish_reason": None,
    }
    end: dict[str, Any] = {
        "index": 0,
        "delta": {},
        "finish_reason": "tool_calls" if "tool_calls" in delta else "stop",
    }
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return [
        base | {"choices": [said], "usage": None}, base | {"choices": [end], "usage": None},
        base | {"choices": [], "usage": usage},
    ]  # fmt: skip
