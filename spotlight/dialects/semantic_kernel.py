"""Semantic Kernel (Python and .NET): OTel GenAI keys; messages on log records, one of them per message.

Tools are called Plugin-function. AutoFunctionInvocationLoop is the loop around model and tool calls.
Older releases say chat.completions where the conventions say chat. No cache counts, no session.

Source: semantic-kernel 1.45 utils/telemetry; dotnet ModelDiagnostics.cs (2026-08).
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, InName, KindRule, NameRule

_OPERATIONS: Final = dict.fromkeys(
    ("chat.completions", "text.completions", "text_completions", "chat.streaming_completions"), "llm"
)

DIALECT: Final = Dialect(
    name="semantic_kernel",
    scopes=("semantic_kernel", "Microsoft.SemanticKernel"),
    keys=("sk.available_functions",),
    extends=("otel_genai",),
    fields={
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName(r"invoke_agent (.+)", kinds=("agent",))),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName(r"execute_tool (.+)", kinds=("tool",))),
    },
    kinds=(KindRule(sc.GEN_AI_OPERATION_NAME, _OPERATIONS),),
    names=(NameRule("AutoFunctionInvocationLoop", "step"),),
)
