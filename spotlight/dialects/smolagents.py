"""smolagents, seen by OpenInference: an agent total for life, and an answer that looks like a tool.

The agent span's tokens are the sum of everything the agent object ever spent. `final_answer` is how
the model ends a run: a tool span, but no tool was called. Cache reads stand only in the text of the
client library's response object, and only where the call was not streamed.

Source: openinference-instrumentation-smolagents 0.1.43, smolagents 1.x.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, InName, JsonPath, KindRule

# The response object's own counts end its text; the greedy beginning skips what a message quotes.
_CACHED: Final = r"(?s).*usage=CompletionUsage\(.*cached_tokens=(?P<found>[0-9]+)"

DIALECT: Final = Dialect(
    name="smolagents",
    scopes=("openinference.instrumentation.smolagents",),
    keys=("smolagents.",),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "agent_name": ("agent.name", InName(r"(.+)\.run", kinds=("agent",))),
        "cache_read_tokens": (
            "llm.token_count.prompt_details.cache_read",
            JsonPath("output.value", ("raw",), kinds=("llm",), pattern=_CACHED),
        ),
    },
    kinds=(KindRule("tool.name", {"final_answer": "step"}),),
)
