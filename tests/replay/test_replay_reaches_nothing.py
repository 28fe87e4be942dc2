"""No path to a real tool: a replay opens a connection to the model's server, and starts no process."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from replay.providers import parse_model
from replay.providers.bodies import write_body
from replay.targets import harmless
from spotlight.messages.canonical import ToolDefinition
from spotlight.reports import open_lake
from tests.command import spotlight
from tests.conftest import SAMPLES
from tests.loading import load
from tests.replay.counting_model import counting_model
from tests.replay.scripted import Turn, recorded, says

_PROCESSES = (
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.system",
    "pty.spawn",
)
_seen: list[tuple[str, Any]] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event in ("socket.connect", "socket.sendto"):
        _seen.append((event, arguments[1]))
    elif event == "socket.getaddrinfo" or event in _PROCESSES:
        _seen.append((event, arguments[0]))


@contextmanager
def _guarded() -> Iterator[list[tuple[str, Any]]]:
    """Yield what this process connects to and starts while the block runs; hooks cannot be taken away."""
    global _seen
    if not hasattr(sys, "_replay_guard"):
        sys.addaudithook(_note)
        sys._replay_guard = True  # type: ignore[attr-defined]
    _seen = []
    try:
        yield _seen
    finally:
        _seen = None


def test_a_closed_loop_speaks_to_the_model_alone(tmp_path: Path) -> None:
    """Over a whole replay in which the model asks for every tool, only its own address is connected to."""
    load([SAMPLES / "openai-openinference"], tmp_path)
    rows = open_lake(tmp_path).user_query("select max_by(run_id, tool_calls) as run_id from runs", 1)
    run_id = rows.to_pylist()[0]["run_id"]

    platform.processor()  # runs `uname` once for each process; the vendor's client tells the server of it
    left = iter(range(100))

    def reply(body: dict[str, Any]) -> dict[str, Any]:
        answered = next(left)
        tools = [tool["function"]["name"] for tool in body.get("tools", ())]
        if answered >= len(tools):
            return {"content": "done"}
        call = {
            "name": tools[answered],
            "arguments": json.dumps({"command": "rm -rf /", "url": "http://x.y"}),
        }
        return {"tool_calls": [{"index": 0, "id": f"c{answered}", "type": "function", "function": call}]}

    with counting_model() as model:
        model.reply = reply
        words = ["--model", "openai:gpt-4o-mini", "--base-url", model.url, "--allow-private-address"]
        with _guarded() as seen:
            spotlight(
                "replay", "run", run_id, *words, "--mode", "closed", "--on-divergence", "error-to-model",
                "--yes", "--data", tmp_path,
            )  # fmt: skip
        asked = sum(model.asked.values())
    address = urlsplit(model.url)
    assert asked > 2
    assert {("socket.connect", (address.hostname, address.port))} == {
        (event, what[:2]) for event, what in seen if event != "socket.getaddrinfo"
    }
    assert {address.hostname} >= {what for event, what in seen if event == "socket.getaddrinfo"}


def test_what_the_provider_would_run_is_left_out() -> None:
    """Searches, code and MCP servers of the provider's are tools, too: a request goes without them."""
    kinds = ["function", "web_search_20250305", "mcp", "code_interpreter", "googleSearch", "bash_20250124"]
    tools = tuple(ToolDefinition(kind, None, None, kind, {"type": kind}) for kind in kinds)
    request = recorded(Turn(says("Hi."))).calls[0].request
    asked = request._replace(tools=tools, extra={"mcp_servers": [{"url": "http://x.y"}], "user": "u"})
    left, said = harmless(asked)
    assert left.tools is not None
    assert ["function", "bash_20250124"] == [tool.name for tool in left.tools]
    assert {"user": "u"} == left.extra
    assert 5 == len(said)
    assert (request, []) == harmless(request)


def test_what_the_provider_keeps_is_left_alone() -> None:
    """A conversation it keeps would grow, a prompt it keeps may bring tools, a shell may be its own."""
    request = recorded(Turn(says("Hi."))).calls[0].request
    places = {"ours": {"type": "local"}, "theirs": {"type": "container_auto"}}
    tools = tuple(
        ToolDefinition(name, None, None, "shell", {"type": "shell", "environment": place})
        for name, place in places.items()
    )
    kept = {"conversation": "c_1", "prompt": {"id": "p"}, "cachedContent": "cachedContents/1"}
    left, said = harmless(request._replace(tools=tools, extra=kept))
    assert ["ours"] == [tool.name for tool in left.tools or ()]
    assert {} == left.extra
    assert 4 == len(said)


@pytest.mark.parametrize(
    ("model", "field", "note"),
    [
        ("perplexity:sonar", True, "told not to search"),
        ("openrouter:openai/gpt-5:online", None, "searches at its provider by itself"),
        ("openai:gpt-4o-search-preview", None, "searches at its provider by itself"),
        ("groq:groq/compound-mini", None, "searches at its provider by itself"),
        ("openai:gpt-5-mini", None, ""),
    ],
)
def test_models_that_search_by_themselves_are_told_or_named(
    model: str, field: bool | None, note: str
) -> None:
    """No tool stands for their searches, so none can be left out."""
    body = write_body(parse_model(model), recorded(Turn(says("Hi."))).calls[0].request)
    assert field == body.fields.get("disable_search")
    assert note in "; ".join(body.notes)
    assert bool(note) == any("search" in each for each in body.notes)
