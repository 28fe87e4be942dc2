"""Runs are the same in whatever order their spans and log records arrive, restarts between or not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.files import find_files, read_requests
from spotlight.cli.senders import into_pipeline
from spotlight.reports import open_lake
from tests.conftest import Captured
from tests.loading import all_runs, all_steps

CASES = (
    ("claude-code-http-json", "logs first"),
    ("claude-code-http-json", "reversed"),
    ("claude-code-grpc-default", "reversed"),
    ("codex-grpc", "logs last"),
    ("codex-grpc", "reversed"),
    ("gemini-cli-grpc", "logs first"),
    ("gemini-cli-grpc", "reversed"),
    ("autogen", "reversed"),
    ("double-langgraph-oi-plus-openai-oi", "reversed"),
)
WRITERS = 4
SKIPPED = ("assembled_position", "run_version", "replaces")


def facts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what runs or steps say but for the numbers of journal and assembly."""
    return [{name: value for name, value in row.items() if name not in SKIPPED} for row in rows]


@pytest.mark.parametrize(("capture", "order"), CASES)
def test_arrival_order_changes_nothing(
    test_data: Path, tmp_path: Path, captured: Captured, capture: str, order: str
) -> None:
    """Requests in another order, by up to four writers in turn, make the runs and steps of one load."""
    folder = test_data / "captures" / capture
    wanted = captured(capture)
    files = find_files([folder]).files
    requests = [r for path, signal in files for r in read_requests(path, signal, Counter())]
    if order == "reversed":
        requests.reverse()
    else:
        requests.sort(key=lambda request: (request.signal == "logs") == (order == "logs last"))
    share = -(-len(requests) // WRITERS)
    for first in range(0, len(requests), share):
        with into_pipeline(tmp_path) as send:
            for request in requests[first : first + share]:
                send(request)
    found = open_lake(tmp_path)
    assert facts(all_runs(wanted)) == facts(all_runs(found))
    assert facts(all_steps(wanted)) == facts(all_steps(found))
