"""opencode: spans of the Vercel AI SDK amid two thousand of its own inner workings.

Model calls are AI SDK spans (functionId session.llm, metadata userId and sessionId). Spans of the
client itself say nothing about the agent; some are in error for files that were only looked for.

Source: opencode 1.18.33 (binary).
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect

DIALECT: Final = Dialect(
    name="opencode", scopes=("opencode",), services=("opencode",), own_service_version=False
)
