"""CrewAI, seen by OpenInference and by its own telemetry: crews and tools, but neither models nor tokens.

The span of a crew is called after the crew's random id. The framework's own telemetry, meant for its
maker, consists of spans without length ("Tool Usage", "Task Execution"): they are read when they come.

Source: openinference-instrumentation-crewai 1.1.21; crewai 1.15.30 telemetry.py.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import ANY, Dialect, InName, Key, KindRule, NameRule

DIALECT: Final = Dialect(
    name="crewai",
    scopes=("openinference.instrumentation.crewai", "crewai.telemetry", "crewai"),
    keys=("crew_key", "crew_id", "crewai_version"),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "agent_name": (
            "agent.name",
            Key("graph.node.id", kinds=("agent",)),
            Key("agent_role", kinds=("agent", "step", "tool")),
            InName(r"(.+)\._execute_core", kinds=("agent",)),
        ),
        "tool_name": (
            "tool.name",
            Key("tool_name", kinds=("tool",)),
            InName(r"(.+)\.run", kinds=("tool",)),
        ),
        "feature": (Key("flow_name", kinds=("workflow",)),),
        "attempt": (Key("attempts", kinds=("tool",)),),
    },
    kinds=(KindRule("crew_agents", {ANY: "workflow"}),),
    names=(
        NameRule("Tool Usage Error", "tool"),
        NameRule("Tool Usage", "tool"),
        NameRule("Crew Execution", "workflow", instead_of=("other",)),
        NameRule("Flow Execution", "workflow"),
        NameRule("Task Execution", "step"),
        NameRule("Human Feedback", "human_input"),
    ),
    # What was defined, not what was done.
    pseudo=("Crew Created", "Task Created", "Flow Creation", "Tool Repeated Usage", "Feature Usage",
            "Environment Context"),
)  # fmt: skip
