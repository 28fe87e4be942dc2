"""A span processor that makes baggage and context real: whose a span is, on every span."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import Span, SpanProcessor

from spotlight_sdk.guard import harmless
from spotlight_sdk.identities import MAX_LENGTH, carried


class SpotlightSpanProcessor(SpanProcessor):
    """Copies `spotlight.*` values of the context and of baggage to every span that begins.

    For spans of every instrumentation, whoever begins them; `extra_keys` are further keys to copy (prefixes
    where they end in a dot). What the span says itself stays. Facts of a single step and the tenant are
    never copied. Add it to any tracer provider, before or after the exporters.
    """

    def __init__(self, extra_keys: Iterable[str] = (), max_length: int = MAX_LENGTH) -> None:
        self._extra_keys = tuple(extra_keys)
        self._max_length = max_length

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Copy the values; a fault is logged once and the span goes on without them."""
        with harmless("copying values to a span"):
            within = get_current() if parent_context is None else parent_context
            has = span.attributes or {}
            for key, value in carried(within, self._extra_keys, self._max_length).items():
                if key not in has:
                    span.set_attribute(key, value)
