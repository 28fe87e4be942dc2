"""Every wire shape, merged into one table of part readers, rewrites and envelopes.

Order matters where two shapes could claim the same object: the more particular one stands first.
"""

from __future__ import annotations

from typing import Final

from spotlight.messages.shapes import (
    ai_sdk,
    anthropic,
    bedrock,
    event_objects,
    gemini,
    genkit,
    haystack,
    indexed,
    langchain,
    openai,
    otel,
    responses,
)
from spotlight.messages.shapes.table import EnvelopeReader, PartReader, Rewrite, Shape

SHAPES: Final[tuple[Shape, ...]] = (
    indexed.SHAPE,
    event_objects.SHAPE,
    langchain.SHAPE,
    ai_sdk.SHAPE,
    gemini.SHAPE,
    genkit.SHAPE,
    responses.SHAPE,
    openai.SHAPE,
    anthropic.SHAPE,
    bedrock.SHAPE,
    haystack.SHAPE,
    otel.SHAPE,
)

PARTS: Final[dict[str, PartReader]] = {k: r for s in reversed(SHAPES) for k, r in s.parts.items()}
KEYED: Final[dict[str, tuple[PartReader, ...]]] = {
    key: tuple(s.keyed[key] for s in SHAPES if key in s.keyed)
    for key in dict.fromkeys(k for s in SHAPES for k in s.keyed)
}
REWRITES: Final[tuple[Rewrite, ...]] = tuple(r for s in SHAPES for r in s.rewrites)
ENVELOPES: Final[tuple[EnvelopeReader, ...]] = tuple(e for s in SHAPES for e in s.envelopes)
