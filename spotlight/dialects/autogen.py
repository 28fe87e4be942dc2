"""AutoGen: agents that talk through messages, every message a trace of its own, tied by span links.

What one user asked is scattered over dozens of traces: a run is the traces that links tie together.
Model calls are not reported, so there are no tokens; tool spans carry name and call id, and what
was said and returned stands in the payload (`message`) of the process spans.

Source: autogen-core and autogen-agentchat 0.7.5, autogen_core/_telemetry.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, InName, RunRule

DIALECT: Final = Dialect(
    name="autogen",
    scopes=("autogen", "autogen_core", "autogen_agentchat", "agent_runtime"),
    keys=("recipient_agent_type", "recipient_agent_class"),
    extends=("otel_genai",),
    fields={
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName(r"invoke_agent (.+)", kinds=("agent",))),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName(r"execute_tool (.+)", kinds=("tool",))),
        "input_value": ("message",),
    },
    runs=RunRule(by_links=True),
)
