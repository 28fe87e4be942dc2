"""Strands Agents (AWS): OTel GenAI keys in two spellings, content on span events, an agent total for life.

Every token count is sent under an old and a new key. The agent span carries the sum of everything the
agent object ever spent, earlier runs included. Time to first token is in ms, under a key whose OTel
meaning is seconds. Releases before 1.0 leave a failed tool's status at ok and say it in tool.status.
Whether input contains the cache depends on the provider and the release: the totals tell.

Source: strands-agents 0.2 to 1.62, telemetry/tracer.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, InName, Key, KindRule, NameRule

DIALECT: Final = Dialect(
    name="strands",
    scopes=("strands", "strands-agents"),
    keys=("event_loop.cycle_id", "event_loop.parent_cycle_id"),
    extends=("openinference",),  # whose span processor rewrites these spans in its own words
    fields={
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName(r"invoke_agent (.+)", kinds=("agent",))),
        "ttft_ms": (Key("gen_ai.server.time_to_first_token"),),
        # Names only, where the definitions were not asked for.
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, Key("gen_ai.agent.tools", kinds=("agent",))),
    },
    kinds=(
        KindRule(sc.GEN_AI_TOOL_NAME, {"handoff_to_agent": "handoff"}),  # how a swarm goes on
        KindRule(sc.GEN_AI_OPERATION_NAME, {"invoke_swarm": "workflow", "invoke_graph": "workflow"}),
    ),
    names=(NameRule("Cycle ", "step"),),
)
