"""Spans told while they are open: seen in a real collector's lake, once, whatever overtakes what."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

import spotlight_sdk as spotlight
from tests.loading import selected
from tests.sdk.conftest import Collected, Spans

COUNTED = """
select name, ended_ns is not null as ended, count(*)::int as n from spans group by all order by name
"""


class Heard(OTLPSpanExporter):
    """An exporter that lets a test wait until so many spans were taken in."""

    def __init__(self, collected: Collected) -> None:
        super().__init__(endpoint=f"{collected.running.addresses.http}/v1/traces", timeout=60)
        self._taken = threading.Semaphore(0)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send, then count what was acknowledged."""
        result = super().export(spans)
        if result is SpanExportResult.SUCCESS:
            self._taken.release(len(spans))
        return result

    def wait_for(self, spans: int) -> None:
        """Return once so many more spans were acknowledged."""
        for _ in range(spans):
            assert self._taken.acquire(timeout=60)


def test_a_run_is_seen_while_it_goes_on(collected: Collected) -> None:
    """What has not ended is there, without an end; the run says that it is still running."""
    heard = Heard(collected)
    provider = collected.provider(spotlight.OpenSpanProcessor(heard, after_seconds=0))
    tracer = provider.get_tracer("engine")
    agent, tool = ({"gen_ai.operation.name": name} for name in ("invoke_agent", "execute_tool"))
    # Neither ends within the test: the collector they would be sent to is gone by then.
    with (
        tracer.start_as_current_span("desk", attributes=agent | {"session.id": "s-1"}, end_on_exit=False),
        tracer.start_as_current_span("slow", attributes=tool, end_on_exit=False),
        tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}),
    ):
        heard.wait_for(3)
    reports = collected.drained()
    [run] = selected(reports, "select status, status_reason, session_id from runs")
    assert ("incomplete", "s-1") == (run["status"], run["session_id"])
    assert "its root span has not ended: still running, or killed" == run["status_reason"]
    counted = [tuple(row.values()) for row in collected.rows(COUNTED)]
    assert [("chat", True, 1), ("desk", False, 1), ("slow", False, 1)] == counted


def test_the_end_takes_the_place_of_the_announcement(collected: Collected) -> None:
    """When all has ended, every span is there once, and the run is as if nothing had been announced."""
    heard = Heard(collected)
    provider = collected.provider(spotlight.OpenSpanProcessor(heard, after_seconds=0))
    with spotlight.run("desk", tracer_provider=provider), spotlight.tool("slow"):
        heard.wait_for(2)
    reports = collected.drained()
    [run] = selected(reports, "select status, spans, tool_calls from runs")
    assert ("ok", 2, 1) == (run["status"], run["spans"], run["tool_calls"])


def test_a_span_that_ends_soon_is_sent_once(collected: Collected) -> None:
    """Only what stays open is told before its end, so fast programs send what they always sent."""
    processor = spotlight.OpenSpanProcessor(Heard(collected), after_seconds=3_600)
    provider = collected.provider(processor)
    with provider.get_tracer("t").start_as_current_span("quick"):
        pass
    provider.shutdown()
    collected.drained()
    [taken] = collected.rows("select sum(items)::int as n from receipts where outcome = 'accepted'")
    assert 1 == taken["n"]


def test_an_exporter_that_fails_stops_nothing() -> None:
    """A broken line is the telemetry's trouble: the program goes on, and its spans end as ever."""

    class Broken(OTLPSpanExporter):
        tried = threading.Event()

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            self.tried.set()
            raise OSError("no line")

    spans = Spans(
        spotlight.OpenSpanProcessor(Broken(endpoint="http://127.0.0.1:9/v1/traces"), after_seconds=0)
    )
    for name in ("a", "b"):
        Broken.tried.clear()
        with spans.tracer.start_as_current_span(name):
            assert Broken.tried.wait(60)
    spans.provider.shutdown()
    assert ["a", "b"] == spans.names()
