"""What tests of replays share: a model server that is not ours, one process for each worker.

Faults are put in with `broken`, for the model name of one test alone: all tests use the same server.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.replay.llmock_server import llmock_server


@pytest.fixture(scope="session")
def llmock_url() -> Iterator[str]:
    """Serve llmock over HTTP; chat and responses under /v1, /anthropic and /gemini/v1beta beside."""
    with llmock_server() as url:
        yield url
