"""What the SDK's tests share: a tracer provider whose spans can be read, and a collector with its lake."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import spotlight_sdk
from ingest.writer import run_writer
from spotlight.lake import Reader, Scope
from spotlight.reports import Reports, open_lake
from spotlight_sdk.content import CAPTURE_VARIABLE
from tests.ingest.conftest import Running


class Spans:
    """A tracer provider with the processor, and the spans that ended, by name."""

    def __init__(self, *processors: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        for processor in processors:
            self.provider.add_span_processor(processor)
        self.tracer = self.provider.get_tracer("somebody.else")

    def __getitem__(self, name: str) -> ReadableSpan:
        [span] = [span for span in self._exporter.get_finished_spans() if span.name == name]
        return span

    def names(self) -> list[str]:
        """Return the names of all spans in the order in which they ended."""
        return [span.name for span in self._exporter.get_finished_spans()]

    def says(self, name: str, key: str) -> object:
        """Return an attribute of a span, None where it has none."""
        return (self[name].attributes or {}).get(key)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Spans of every step of the test; content is recorded unless the test says otherwise."""
    monkeypatch.delenv(CAPTURE_VARIABLE, raising=False)
    made = Spans(spotlight_sdk.SpotlightSpanProcessor())
    with spotlight_sdk.identity(tracer_provider=made.provider):
        yield made
    made.provider.shutdown()


class Collected:
    """A real collector; `drained` brings what it took in into its lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = Running(folder)

    def provider(self, *processors: Any) -> TracerProvider:
        """Return a tracer provider that sends here."""
        provider = TracerProvider()
        for processor in processors:
            provider.add_span_processor(processor)
        exporter = OTLPSpanExporter(endpoint=f"{self.running.addresses.http}/v1/traces", timeout=60)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return provider

    def drained(self) -> Reports:
        """Stop the collector, write everything, and return the lake's reports."""
        self.running.stop()
        run_writer(self.folder, threading.Event(), drain=True)
        return open_lake(self.folder)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a question to the lake."""
        rows: list[dict[str, Any]] = Reader(self.folder / "lake", Scope()).query(sql).to_pylist()
        return rows


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Collected]:
    """A collector of the test's own."""
    made = Collected(tmp_path / "data")
    yield made
    made.running.stop()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the SDK says on its log during the test, as if nothing had been said before."""
    monkeypatch.setattr("spotlight_sdk.guard._said", set())
    return lambda: [record.getMessage() for record in caplog.records if record.name == "spotlight_sdk"]
