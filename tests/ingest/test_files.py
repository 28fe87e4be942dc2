"""Files that `load` is given: what is found, what is read, and what is reported instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.files import find_files, read_requests
from spotlight.errors import UnreadableFile

JSON = b'{"resourceSpans": []}'


def traces() -> bytes:
    """Return a request with one span."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="step", start_time_unix_nano=1)
    span.trace_id, span.span_id = b"t" * 16, b"s" * 8
    return request.SerializeToString()


def logs() -> bytes:
    """Return a request with one log record."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1, severity_number=9)
    record.body.string_value = "hello"
    return request.SerializeToString()


def metrics() -> bytes:
    """Return a request with one gauge."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.gauge.data_points.add(as_int=1, time_unix_nano=1)
    return request.SerializeToString()


def written(path: Path, body: bytes = JSON) -> Path:
    """Return a path with this content, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


@pytest.mark.parametrize("name", ["catalog", "traces", "metrics", "x"])
@pytest.mark.parametrize(("signal", "make"), [("traces", traces), ("logs", logs), ("metrics", metrics)])
def test_the_content_says_the_signal(tmp_path: Path, name: str, signal: str, make: object) -> None:
    """A file is what its bytes are, whatever word its name contains."""
    body = make()  # type: ignore[operator]
    found = list(read_requests(written(tmp_path / f"{name}.binpb", body)))
    assert [(signal, body)] == [(request.signal, request.body) for request in found]


@pytest.mark.parametrize("name", ["traces", "logs", "metrics"])
def test_the_name_decides_between_equals(tmp_path: Path, name: str) -> None:
    """A resource without items is any signal's."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().resource.attributes.add(key="service.name").value.string_value = "s"
    path = written(tmp_path / f"my-{name}.pb", request.SerializeToString())
    assert [name] == [found.signal for found in read_requests(path)]


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf" + JSON, b"\n\n" + JSON, b"\xef\xbb\xbf\n" + JSON + b"\n" + JSON]
)
def test_json_may_begin_with_a_byte_order_mark(tmp_path: Path, body: bytes) -> None:
    """Editors on Windows write one; the request begins after it."""
    assert {"traces"} == {r.signal for r in read_requests(written(tmp_path / "a.json", body))}


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(tmp_path: Path, body: bytes) -> None:
    """Nothing in it is not the same as not OTLP."""
    with pytest.raises(UnreadableFile, match="is empty"):
        list(read_requests(written(tmp_path / "traces.json", body)))


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """Every folder is looked into once, however many links lead to it."""
    file = written(tmp_path / "a" / "b" / "x.json")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a" / "b")
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    found = find_files([tmp_path, tmp_path / "a"])
    assert [file.name] == [path.name for path, _ in found.files]


def test_pipes_are_left_out(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever: it is reported, in a folder, by name and by an index."""
    os.mkfifo(tmp_path / "p.json")
    found = find_files([tmp_path, tmp_path / "p.json"])
    assert ([], [tmp_path / "p.json"] * 2) == (found.files, found.skipped)
    with pytest.raises(UnreadableFile, match="not a file"):
        list(read_requests(tmp_path / "p.json", "traces"))


@pytest.mark.parametrize(
    "junk", [b"not json", b'{"file": "a.json"}', b"[1]", b"\xff\xfe", b'{"file": 1, "signal": "logs"}']
)
def test_a_junk_index_does_not_stop_the_rest(tmp_path: Path, junk: bytes) -> None:
    """The folder with the broken index is reported; the others are read."""
    index = written(tmp_path / "a" / "index.jsonl", junk)
    file = written(tmp_path / "b" / "x.json")
    found = find_files([tmp_path])
    assert ([(file, None)], [index]) == (found.files, list(found.unreadable))


def test_blank_lines_in_an_index_are_nothing(tmp_path: Path) -> None:
    """Entries are what is between them."""
    written(tmp_path / "index.jsonl", b'\n{"file": "x.json", "signal": "traces"}\n\n  \n')
    assert [(tmp_path / "x.json", "traces")] == find_files([tmp_path]).files


def test_an_unreadable_folder_does_not_stop_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be listed is reported with the reason."""
    closed, file = tmp_path / "closed", written(tmp_path / "open" / "x.json")
    closed.mkdir()
    listed = Path.iterdir

    def refusing(path: Path) -> object:
        if path == closed:  # a mode of 0 would not keep root out
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refusing)
    found = find_files([tmp_path])
    assert ([(file, None)], {closed: "Permission denied"}) == (found.files, found.unreadable)
