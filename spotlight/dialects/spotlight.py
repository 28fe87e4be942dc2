"""Spans that Spotlight itself emits: replays and evaluations, in OTel GenAI words."""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect

DIALECT: Final = Dialect(
    name="spotlight",
    scopes=("spotlight",),
    usage_basis="inclusive",
    extends=("otel_genai",),
)
