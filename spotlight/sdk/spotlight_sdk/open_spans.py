"""Spans told while they are open: a run can be watched while it goes on, and a killed one shows where."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, detach, set_value
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter

from spotlight_sdk.guard import harmless, say_once

AFTER_SECONDS: Final = 1.0
MOST_WAITING: Final = 10_000


class OpenSpanProcessor(SpanProcessor):
    """Sends every span that is still open after a while, once, as it is then: without an end.

    Spans that end sooner are not sent twice, so a fast program sends hardly more than before. The end comes
    with the ordinary exporter and takes the announcement's place, whichever arrives first. Other backends
    than Spotlight may show both: give it an exporter to Spotlight.
    """

    def __init__(self, exporter: SpanExporter, after_seconds: float = AFTER_SECONDS) -> None:
        self._exporter = exporter
        self._after = after_seconds
        self._changed = threading.Condition()
        self._begin_anew()

    def _begin_anew(self) -> None:
        # By span id, in the order in which they began, so the first is due first: when it is due, seconds.
        self._waiting: dict[tuple[int, int], tuple[float, Span]] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._is_closed = False

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Remember a span that began."""
        with harmless("watching an open span"):
            if self._pid != os.getpid():  # a fork has neither the thread nor the parent's spans
                self._changed = threading.Condition()
                self._begin_anew()
            if span.context.trace_flags.sampled:
                self._remember(span)

    def _remember(self, span: Span) -> None:
        with self._changed:
            if self._is_closed:
                return
            if len(self._waiting) >= MOST_WAITING:
                say_once(
                    f"more than {MOST_WAITING:,} spans began within {self._after} s: not all are told open"
                )
                return
            self._waiting[_ids(span)] = (time.monotonic() + self._after, span)
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell, name="spotlight-open-spans", daemon=True)
                self._thread.start()
            elif len(self._waiting) == 1:
                self._changed.notify()

    def on_end(self, span: ReadableSpan) -> None:
        """Forget a span that ended before it was due."""
        with harmless("watching an open span"), self._changed:
            self._waiting.pop(_ids(span), None)

    def shutdown(self) -> None:
        """Stop telling; what is open is told by its end."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)
        with harmless("closing the exporter of open spans"):
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Return True: nothing waits here that another exporter does not send."""
        return True

    def _tell(self) -> None:
        while (due := self._wait_for_due()) is not None:
            token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
            try:
                with harmless("telling open spans"):
                    self._exporter.export([_as_it_is(span) for span in due])
            finally:
                detach(token)

    def _wait_for_due(self) -> Sequence[Span] | None:
        """Return the spans that are due, at least one; None once closed."""
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                due = [ids for ids, (at, _) in self._waiting.items() if at <= now]
                if due:
                    return [self._waiting.pop(ids)[1] for ids in due]
                first = next(iter(self._waiting.values()), None)
                self._changed.wait(None if first is None else first[0] - now)
            return None


def _ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def _as_it_is(span: Span) -> ReadableSpan:
    """Return a copy that the program does not change while it is sent."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=dict(span.attributes or {}),
        events=tuple(span.events),
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=span.status,
        start_time=span.start_time,
        end_time=None,
    )
