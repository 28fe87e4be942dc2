"""What the OpenTelemetry Collector's file exporter writes needs no importer."""

from __future__ import annotations

from pathlib import Path

from tests.command import spotlight_json
from tests.ingest.importers.loading import FIXTURES


def test_signals_may_take_turns_in_a_file(tmp_path: Path) -> None:
    """Lines of traces, logs and metrics in one file, as `spotlight load` takes them."""
    said = spotlight_json("load", FIXTURES / "otelcol" / "export.jsonl", "--data", tmp_path)
    assert (4, 2, 1, 1, {}) == tuple(
        said[key] for key in ("requests", "spans", "log_records", "metric_points", "kept_as_logs")
    )
