"""LlamaIndex, seen by OpenInference: a method call is a span, and often wraps one that says the same.

OpenAI.predict is an LLM span over OpenAI.chat, get_query_embedding an EMBEDDING span over its private
twin: only the innermost is a call. Agent workflows arrive as chains; streamed calls carry no tokens.

Source: openinference-instrumentation-llama-index 4.6.1.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, NameRule

DIALECT: Final = Dialect(
    name="llama_index",
    scopes=("openinference.instrumentation.llama_index",),
    usage_basis="inclusive",
    extends=("openinference",),
    names=(
        NameRule("AgentWorkflow.run", "agent", instead_of=("step",)),
        NameRule("FunctionAgent.run", "agent", instead_of=("step",)),
        NameRule("ReActAgent.run", "agent", instead_of=("step",)),
        NameRule("CodeActAgent.run", "agent", instead_of=("step",)),
    ),
)
