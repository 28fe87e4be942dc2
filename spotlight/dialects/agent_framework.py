"""Microsoft Agent Framework (Python and .NET): OTel GenAI keys; the agent span repeats its calls' sum.

No span carries a session. Workflows have spans of their own: workflow.run over executor.process, with
message.send and edge_group.process as plumbing between them. Tool definitions stand on the agent span.

Source: agent-framework-core 1.23 observability.py; Microsoft.Agents.AI (2026-08), Observability.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, InName, KindRule, NameRule

DIALECT: Final = Dialect(
    name="agent_framework",
    scopes=(
        "agent_framework",
        "Microsoft.Agents.AI",
        "Experimental.Microsoft.Agents.AI",
        "Microsoft.Extensions.AI",
        "Experimental.Microsoft.Extensions.AI",
    ),
    keys=("workflow_builder.name", "executor.id", "edge_group.id"),
    extends=("openinference",),  # whose span processor rewrites these spans in its own words
    fields={
        "agent_name": (
            "gen_ai.agent.name",
            InName(r"invoke_agent (.+?)(?:\([^()]*\))?", kinds=("agent",)),  # .NET: name(id)
        ),
        "feature": ("gen_ai.workflow.name", "workflow.name"),
        "error_type": ("error.type", "build.error.type"),
        "error_message": ("build.error.message",),
        "input_value": ("executor.input",),
        "output_value": ("executor.output",),
    },
    kinds=(KindRule("gen_ai.operation.name", {"orchestrate_tools": "step"}),),
    names=(
        NameRule("workflow.build", "other"),
        NameRule("workflow.run", "workflow"),
        NameRule("workflow.session", "workflow"),
        NameRule("workflow_invoke", "workflow"),
        NameRule("executor.process", "step"),
    ),
)
