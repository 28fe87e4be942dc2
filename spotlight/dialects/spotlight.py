"""Spans of our own: replays, evaluations, and what programs say with spotlight-sdk, in OTel GenAI words.

Content that OTel has no word for: the record of a memory step and the state of a checkpoint are what went
in or came out of such a step.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, Key

DIALECT: Final = Dialect(
    name="spotlight",
    scopes=("spotlight",),
    fields={
        "input_value": (
            Key("gen_ai.memory.query.text", kinds=("memory_read",)),
            Key("gen_ai.memory.records", kinds=("memory_write",)),
            Key(sc.SPOTLIGHT_CHECKPOINT_STATE),
        ),
        "output_value": (
            Key("gen_ai.memory.records", kinds=("memory_read",)),
            Key(sc.SPOTLIGHT_APPROVAL_REASON),
        ),
    },
    usage_basis="inclusive",
    extends=("otel_genai",),
)
