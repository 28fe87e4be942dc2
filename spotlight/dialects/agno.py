"""Agno, seen by OpenInference: ids of run, agent and team; the session on the root span only.

Source: openinference-instrumentation-agno (2026-08), agno 2.x.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import ANY, Dialect, InName, KindRule

DIALECT: Final = Dialect(
    name="agno",
    scopes=("openinference.instrumentation.agno",),
    keys=("agno.",),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "turn_id": ("agno.run.id",),
        "agent_name": ("agent.name", InName(r"(.+)\.a?run", kinds=("agent",))),
        "agent_id": ("agno.agent.id", "agno.team.id"),
    },
    kinds=(KindRule("agno.workflow.steps", {ANY: "workflow"}),),
)
