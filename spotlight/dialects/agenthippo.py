"""AgentHippo's files: LiteLLM's spans, who asked in the text of a Python dictionary, and session events.

The gateway reports every model call in a trace of its own; what the agent did stands in session files.
Session and request id join them: a request is a run.

Source: recorded trace and session files of agenthippo's gateway (metadata.requester_metadata, and
metadata.requester_custom_headers with x-litellm-metadata-* names).
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, JsonPath, NameRule, RunRule, Source

_METADATA: Final = "metadata.requester_metadata"
_HEADERS: Final = "metadata.requester_custom_headers"


def _said(name: str) -> tuple[Source, ...]:
    """Return where the gateway writes an item of identity: its metadata, else the caller's headers."""
    header = f"x-litellm-metadata-{name.replace('_', '-')}"
    return JsonPath(_METADATA, (name,), python=True), JsonPath(_HEADERS, (header,), python=True)


DIALECT: Final = Dialect(
    name="agenthippo",
    scopes=(f"{sc.SPOTLIGHT_IMPORT}.agenthippo", f"{sc.SPOTLIGHT_IMPORT}.agenthippo_sessions"),
    usage_basis="inclusive",
    extends=("litellm", "imported"),
    fields={  # session, turn, user and version are read by LiteLLM's table
        "agent_name": _said("agent_id"),
        "pack_name": _said("agent_id"),
        "feature": _said("project_id"),
        "error_type": (sc.EXCEPTION_TYPE,),
        "error_message": (sc.EXCEPTION_MESSAGE,),
    },
    # A call that failed has neither tokens nor messages to be known by.
    names=(
        NameRule("Received Proxy Server Request", "llm"),
        NameRule("Failed Proxy Server Request", "llm"),
    ),
    runs=RunRule(by_turn=True),
)
