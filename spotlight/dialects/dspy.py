"""DSPy, seen by OpenInference: a model call reported by DSPy and, within, by the LiteLLM instrumentation.

Tokens and cost stand on the inner span only. A ReAct module ends by calling a tool named `finish`:
a tool span, but no tool was called. Modules are chains; those that act as agents are told by name.

Source: openinference-instrumentation-dspy (2026-08), dspy 3.x predict/react.py.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, InName, JsonPath, NameRule

DIALECT: Final = Dialect(
    name="dspy",
    scopes=("openinference.instrumentation.dspy",),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "tool_name": ("tool.name", InName(r"(.+)\.(?:__call__|acall)", kinds=("tool",))),
        "tool_arguments": (JsonPath("input.value", ("kwargs",), kinds=("tool",)),),
    },
    names=(
        NameRule("finish.", "step", instead_of=("tool",)),
        NameRule("ReAct.", "agent", instead_of=("step",)),
        NameRule("CodeAct.", "agent", instead_of=("step",)),
        NameRule("RLM.", "agent", instead_of=("step",)),
    ),
)
