"""Starts the dashboards: Streamlit as an ASGI app with our routes and guard around it, in one process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import streamlit as st
from starlette.middleware import Middleware

from dashboards import appearance, routes
from dashboards.guard import Guard
from dashboards.source import Intake, Published, RunSource, publish, unknown_intake
from spotlight.errors import PartFailed

# Streamlit puts the folder of the command that starts it first: its `replay.py` would stand for our package.
SEARCHED: Final = tuple(sys.path)
SCRIPT: Final = Path(__file__).with_name("app.py")
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4318"


class DashboardSettings(NamedTuple):
    """Where the dashboards run; `otlp_endpoint` is what the empty page tells people to send traces to."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8501
    allowed_hosts: Sequence[str] = LOCAL_HOSTS
    otlp_endpoint: Callable[[], str] = lambda: DEFAULT_ENDPOINT
    user_header: str = ""
    intake: Callable[[], Intake] = unknown_intake


def address_file(data: Path) -> Path:
    """Return the file that says {"pid", "url"} of the dashboards serving this data folder."""
    return data / "run" / "dashboards.json"


def write_address(path: Path, url: str) -> None:
    """Write {"pid", "url"} so that a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    partial.replace(path)


def served_url(host: str, port: int) -> str:
    """Return the address to open: a wildcard host is reached through loopback."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


def build_app(run_source: RunSource, settings: DashboardSettings) -> st.App:
    """Return the ASGI app over one source; `serve` runs it. One app per process (Streamlit's rule)."""
    publish(
        Published(run_source, settings.otlp_endpoint, settings.data, settings.user_header, settings.intake)
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
        sys.path[:] = SEARCHED
        path = address_file(settings.data)
        # The socket listens already: Streamlit binds before it starts the app, and notes the port it got.
        write_address(path, served_url(settings.host, int(st.get_option("server.port"))))
        try:
            yield None
        finally:
            path.unlink(missing_ok=True)

    return st.App(
        SCRIPT,
        lifespan=lifespan,
        routes=routes.routes(run_source),
        middleware=[Middleware(Guard, allowed_hosts=tuple(settings.allowed_hosts))],
    )


def refuse_taken_port(host: str, port: int) -> None:
    """Raise PartFailed where another process listens on the port: Streamlit would only log it and exit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            reason = f"the dashboards cannot listen on {host}:{port}: {exc.strerror}"
            raise PartFailed(reason, hint="give another port, or stop what listens there") from exc


def serve(app: st.App, settings: DashboardSettings) -> None:
    """Serve until a signal ends the process. Raises: PartFailed where the address cannot be had."""
    refuse_taken_port(settings.host, settings.port)
    app.run(config=appearance.streamlit_options(settings.host, settings.port, settings.allowed_hosts))


def run_dashboards(
    data: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    allowed_hosts: Sequence[str] = LOCAL_HOSTS,
    otlp_endpoint: Callable[[], str] = lambda: DEFAULT_ENDPOINT,
    user_header: str = "",
    intake: Callable[[], Intake] = unknown_intake,
    run_budget_usd: float | None = None,
) -> None:
    """Serve the dashboards over one data folder until a signal ends the process; port 0 takes a free one.

    `otlp_endpoint` is asked whenever a page says where to send traces; `user_header` is the request header in
    which a trusted proxy names the reader; `intake` is asked for what is not in the lake yet;
    `run_budget_usd` is what one run may cost.

    Raises: PartFailed where the address cannot be had, LakeError where the lake cannot be opened.
    """
    from spotlight.reports import open_lake

    settings = DashboardSettings(data, host, port, tuple(allowed_hosts), otlp_endpoint, user_header, intake)
    serve(build_app(open_lake(data, run_budget_usd=run_budget_usd), settings), settings)
