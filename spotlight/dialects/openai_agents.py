"""OpenAI Agents SDK, seen by OpenInference: handoffs that look like tools, streamed calls without usage.

A run is two wrappers (both called after the workflow) over agents, turns and model calls. Streamed
calls through the chat API carry neither tokens nor output messages, only the raw response text.

Source: openinference-instrumentation-openai-agents 2.6.0, openai-agents 0.9 to 0.17.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, InName, Key, NameRule

DIALECT: Final = Dialect(
    name="openai_agents",
    scopes=(
        "openinference.instrumentation.openai_agents",
        "@arizeai/openinference-instrumentation-openai-agents",
    ),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "agent_name": (
            "agent.name",
            Key("graph.node.id", kinds=("agent",)),
            InName(r"handoff to (.+)", kinds=("handoff",)),
        ),
    },
    # Nothing was called: the conversation went on with another agent.
    names=(NameRule("handoff to ", "handoff", instead_of=("tool",)),),
)
