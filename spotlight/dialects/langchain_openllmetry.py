"""LangChain and LangGraph, seen by OpenLLMetry: a callback's inputs whole where a tool's are meant.

gen_ai.tool.call.arguments holds everything the callback was given: the arguments under `inputs`, and
as the text of a Python dictionary under `input_str`. gen_ai.tool.call.result wraps a dumped message.
A graph's state is repeated on every execute_task span. The spans of create_agent are no runs.

Source: opentelemetry-instrumentation-langchain 0.62.4.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, JsonPath

_ASSOCIATION: Final = "traceloop.association.properties."
_ARGUMENTS: Final = sc.GEN_AI_TOOL_CALL_ARGUMENTS
_RESULT: Final = sc.GEN_AI_TOOL_CALL_RESULT

DIALECT: Final = Dialect(
    name="langchain_openllmetry",
    scopes=("opentelemetry.instrumentation.langchain", "@traceloop/instrumentation-langchain"),
    usage_basis="inclusive",
    extends=("openllmetry",),
    fields={
        "agent_name": (sc.GEN_AI_AGENT_NAME, f"{_ASSOCIATION}lc_agent_name"),
        "tool_call_id": (
            sc.GEN_AI_TOOL_CALL_ID,
            JsonPath(_ARGUMENTS, ("kwargs", "tool_call_id"), kinds=("tool",)),
        ),
        "tool_arguments": (
            JsonPath(_ARGUMENTS, ("inputs",), kinds=("tool",)),
            JsonPath(_ARGUMENTS, ("input_str",), kinds=("tool",), python=True),
        ),
        "tool_result": (
            JsonPath(_RESULT, ("output", "kwargs", "content"), kinds=("tool",)),
            JsonPath(_RESULT, ("output",), kinds=("tool",)),
        ),
    },
)
