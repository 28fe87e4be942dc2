"""llmock in a process of its own: a model server that is not ours."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

_START_S = 30.0


@contextmanager
def llmock_server() -> Iterator[str]:
    """Serve llmock over HTTP; chat and responses under /v1, /anthropic and /gemini/v1beta beside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from llmock.cli import app; app()", "serve", "--host", "127.0.0.1"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_server(server, f"{url}/_llmock/scenario")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def _await_server(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.URLError:
            assert server.poll() is None, "llmock ended while it started"
            assert time.monotonic() < deadline, "llmock does not answer"
            time.sleep(0.05)
        else:
            return
