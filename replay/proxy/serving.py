"""A proxy at work on this machine alone: in a thread, until whoever began it is done."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import uvicorn

from replay.model import Completeness, Recording
from replay.proxy.app import OnEvent, Proxy
from replay.proxy.live import Live
from replay.proxy.report import Event, Report
from spotlight.errors import NotFound, SpotlightError

_log = logging.getLogger(__name__)
_START_S: Final = 30.0
# What clients of the vendors need to be set, when there is nothing to keep secret.
_NO_KEY: Final = "answered-by-a-recording"


class Serving:
    """A proxy that listens."""

    def __init__(self, proxy: Proxy, port: int) -> None:
        self._proxy = proxy
        self.url = f"http://127.0.0.1:{port}"
        """Base URL for Anthropic's clients."""
        self.openai_url = f"{self.url}/v1"
        """Base URL for OpenAI's clients."""

    def report(self) -> Report:
        """Return what was asked so far, and how it was answered."""
        return self._proxy.report()

    def environment(self) -> Mapping[str, str]:
        """Return the environment of a process whose clients of OpenAI and Anthropic turn to this proxy."""
        return os.environ | {
            "OPENAI_BASE_URL": self.openai_url, "ANTHROPIC_BASE_URL": self.url,
            "OPENAI_API_KEY": _NO_KEY, "ANTHROPIC_API_KEY": _NO_KEY,
        }  # fmt: skip


@contextmanager
def serving(
    recording: Recording, *, to_step: int | None = None, live: Live | None = None, is_strict: bool = False,
    port: int = 0, on_event: OnEvent | None = None,
) -> Iterator[Serving]:  # fmt: skip
    """Serve a recording at 127.0.0.1 while the block runs.

    Model calls up to `to_step` (all by default) are answered from the recording, later ones by `live`, or
    refused. `is_strict` stops at the first request that is not as recorded. `on_event` hears of each
    request, in the server's thread; by default those that are not exact are logged.

    Raises: SpotlightError where there is nothing to answer with, or the port is taken; ModelRefused.
    """
    last = _checked(recording, to_step)
    live = live or Live()
    live.check()
    proxy = Proxy(recording, last, live, is_strict=is_strict, on_event=on_event or _logged)
    with _socket(port) as taken:
        config = uvicorn.Config(
            proxy.app(), log_config=None, access_log=False, ws="none", server_header=False,
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            _await(server, thread)
            yield Serving(proxy, taken.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def _checked(recording: Recording, to_step: int | None) -> int:
    """Return the last step that is answered from the recording. Raises: SpotlightError."""
    steps = len(recording.calls)
    if recording.grade.level is Completeness.NONE and not any(call.response for call in recording.calls):
        raise SpotlightError(
            f"run {recording.run['run_id']} has no recorded answers: {recording.grade.reason}",
            hint="`spotlight replay inspect RUN` says what a run recorded",
        )
    if to_step is not None and not 0 <= to_step <= steps:
        raise NotFound(
            f"run {recording.run['run_id']} has no model call {to_step}",
            hint=f"its model calls are 1 to {steps}; 0 answers none from the recording",
        )
    return steps if to_step is None else to_step


def _socket(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as exc:
        raise SpotlightError(
            f"port {port} cannot be listened at: {exc.strerror}", hint="--port 0 takes a free one"
        ) from exc


def _await(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise SpotlightError("the proxy did not start")
        time.sleep(0.005)


def _logged(event: Event) -> None:
    if not event.is_exact:
        _log.warning("%s", event.sentence())
