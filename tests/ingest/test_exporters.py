"""The exporters of opentelemetry-sdk deliver to the collector, with and without trouble on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
from opentelemetry.exporter.otlp.proto.grpc import metric_exporter as grpc_metrics
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_traces
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http import _log_exporter as http_logs
from opentelemetry.exporter.otlp.proto.http import metric_exporter as http_metrics
from opentelemetry.exporter.otlp.proto.http import trace_exporter as http_traces
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext

from ingest.requests import SIGNALS

Options = Callable[[Any, str], dict[str, Any]]


def over_http(compression: Compression) -> Options:
    """Options of an HTTP exporter for one signal."""
    return lambda running, path: {
        "endpoint": f"{running.addresses.http}/v1/{path}", "compression": compression, "timeout": 60,
    }  # fmt: skip


def over_grpc(compression: grpc.Compression) -> Options:
    """Options of a gRPC exporter for any signal."""
    return lambda running, _: {
        "endpoint": f"http://{running.addresses.grpc}",
        "insecure": True,
        "compression": compression,
        "timeout": 60,
    }


WAYS = [
    pytest.param(http_traces, http_logs, http_metrics, over_http(Compression.NoCompression), id="http"),
    pytest.param(http_traces, http_logs, http_metrics, over_http(Compression.Gzip), id="http-gzip"),
    pytest.param(grpc_traces, grpc_logs, grpc_metrics, over_grpc(grpc.Compression.NoCompression), id="grpc"),
    pytest.param(grpc_traces, grpc_logs, grpc_metrics, over_grpc(grpc.Compression.Gzip), id="grpc-gzip"),
]


def requests_since(running: Any, start: int) -> list[Any]:
    """(signal, message) of each request journaled since."""
    found = []
    for record in running.records(start):
        message = SIGNALS[record.signal].request()
        message.ParseFromString(record.body)
        found.append((record.signal, message))
    return found


@pytest.mark.parametrize(("traces", "logs", "metrics", "options"), WAYS)
def test_every_signal_arrives(collector: Any, traces: Any, logs: Any, metrics: Any, options: Options) -> None:
    """Spans, log records and metrics of the SDK stand in the journal when the exporter returns."""
    start = collector.end()
    tracer = TracerProvider()
    tracer.add_span_processor(SimpleSpanProcessor(traces.OTLPSpanExporter(**options(collector, "traces"))))
    with tracer.get_tracer("test").start_as_current_span("chat") as span:
        span.set_attribute("gen_ai.request.model", "m")
    logger = LoggerProvider()
    logger.add_log_record_processor(
        SimpleLogRecordProcessor(logs.OTLPLogExporter(**options(collector, "logs")))
    )
    logger.get_logger("test").emit(body="said", severity_text="INFO")
    reader = PeriodicExportingMetricReader(
        metrics.OTLPMetricExporter(**options(collector, "metrics")), 60_000
    )
    meter = MeterProvider([reader])
    meter.get_meter("test").create_counter("tokens").add(42)
    for provider in (tracer, logger, meter):
        provider.shutdown()  # type: ignore[attr-defined]
    (_, spans), (_, records), (_, points), *rest = requests_since(collector, start)
    assert "chat" == spans.resource_spans[0].scope_spans[0].spans[0].name
    assert "said" == records.resource_logs[0].scope_logs[0].log_records[0].body.string_value
    assert 42 == points.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points[0].as_int
    assert {"metrics"} >= {signal for signal, _ in rest}


def spans_named(*names: str, trace_id: int = 1) -> list[ReadableSpan]:
    """Finished spans for an exporter."""
    return [
        ReadableSpan(name, context=SpanContext(trace_id, 1, False), start_time=1, end_time=2)
        for name in names
    ]


def exporters(running: Any) -> list[SpanExporter]:
    """One exporter per protocol."""
    return [
        http_traces.OTLPSpanExporter(f"{running.addresses.http}/v1/traces", timeout=60),
        grpc_traces.OTLPSpanExporter(f"http://{running.addresses.grpc}", insecure=True, timeout=60),
    ]


def test_a_partial_success_is_not_sent_again(start_collector: Any) -> None:
    """The exporter takes a partial success as success: one request each, one span stored each."""
    running = start_collector()
    for exporter in exporters(running):
        result = exporter.export([*spans_named("bad", trace_id=0), *spans_named("good")])
        exporter.shutdown()
        assert SpanExportResult.SUCCESS == result
    status = running.client.get("/status").json()
    assert [("traces", 2, 2)] == [(s["signal"], s["requests"], s["items"]) for s in status["accepted"]]
    assert [("rejected", "bad_id", 2, 2)] == [
        (s["outcome"], s["reason"], s["requests"], s["items"]) for s in status["lost"]
    ]


@pytest.mark.parametrize("protocol", [0, 1], ids=["http", "grpc"])
def test_an_exporter_sends_again_after_a_disk_fault(start_collector: Any, faults: Any, protocol: int) -> None:
    """What was answered 503 / UNAVAILABLE is sent again by the SDK, and arrives."""
    running = start_collector(disk=faults)
    exporter = exporters(running)[protocol]
    faults.sync_fails = 1
    assert SpanExportResult.SUCCESS == exporter.export(spans_named("kept"))
    exporter.shutdown()
    (_, request) = requests_since(running, 0)[-1]
    assert "kept" == request.resource_spans[0].scope_spans[0].spans[0].name
    assert 1 == running.client.get("/status").json()["lost"][0]["requests"]
