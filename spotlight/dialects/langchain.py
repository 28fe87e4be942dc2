"""LangChain and LangGraph, seen by OpenInference: the graph's own facts inside `metadata`.

A tool with one argument gets its value alone as input, without the argument's name. Session, user and
version come from the metadata of the run's configuration, which is on every span.

Source: openinference-instrumentation-langchain 0.1.80, langchain-core 1.7, langgraph 1.x.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, JsonPath

DIALECT: Final = Dialect(
    name="langchain",
    scopes=(
        "openinference.instrumentation.langchain",
        "@arizeai/openinference-instrumentation-langchain",
    ),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "agent_name": ("agent.name", JsonPath("metadata", ("lc_agent_name",))),
        "provider": ("llm.provider", JsonPath("metadata", ("ls_provider",), kinds=("llm",))),
        "request_model": ("llm.model_name", JsonPath("metadata", ("ls_model_name",), kinds=("llm",))),
        "pack_version": (
            JsonPath("metadata", ("pack_version",)),
            JsonPath("metadata", ("revision_id",)),
            JsonPath("metadata", ("langgraph_version_id",)),
        ),
    },
    # A dumped ToolMessage; quotes within its content are escaped.
    failed_results=(r'^\{"type": ?"tool".*[^\\]"status": ?"error"',),
)
