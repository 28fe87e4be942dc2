"""Phoenix exports: whatever way round a table of spans was written, the spans are the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ingest.files import read_requests
from tests.ingest.importers.loading import FIXTURES, Loaded, load

FOLDER = FIXTURES / "phoenix"


def frame() -> pd.DataFrame:
    """Return the spans as Phoenix's client returns them: a row a span, attributes in columns."""
    rows = []
    for span in json.loads((FOLDER / "spans.json").read_bytes())["data"]:
        row = {
            k: span[k] for k in ("name", "span_kind", "parent_id", "status_code", "status_message", "events")
        }
        row |= {f"context.{k}": v for k, v in span["context"].items()}
        row |= {f"attributes.{k}": v for k, v in span["attributes"].items()}
        rows.append(row | {k: pd.Timestamp(span[k]) for k in ("start_time", "end_time")})
    table = pd.DataFrame(rows)
    return table.set_index("context.span_id", drop=False).rename_axis(None)


def lines(path: Path) -> Path:
    """Write the API's spans, one a line."""
    spans = json.loads((FOLDER / "spans.json").read_bytes())["data"]
    path.write_text("".join(json.dumps(span) + "\n" for span in spans))
    return path


def trace(path: Path) -> Path:
    """Write the API's spans as one trace."""
    spans = json.loads((FOLDER / "spans.json").read_bytes())["data"]
    path.write_text(json.dumps({"traceId": spans[0]["context"]["trace_id"], "spans": spans}))
    return path


def by(orient: Any, scale: int = 1) -> Callable[[Path], Path]:
    """Return a writer of JSON in one of pandas' orientations, times as numbers since 1970."""

    def write(path: Path) -> Path:
        table = frame()
        for time in ("start_time", "end_time"):
            table[time] = table[time].astype("int64") // scale
        table.to_json(path, orient=orient)
        return path

    return write


def parquet(path: Path) -> Path:
    """Write the table as Parquet."""
    frame().to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def comma_separated(path: Path) -> Path:
    """Write the table as CSV: lists and dictionaries are Python's text of them."""
    frame().to_csv(path.with_suffix(".csv"))
    return path.with_suffix(".csv")


FORMS = {
    "lines": lines, "trace": trace, "columns": by("columns"), "records": by("records"), "index": by("index"),
    "ms": by("records", 1_000),
    "split": by("split"), "parquet": parquet, "csv": comma_separated,
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Return a lake with the API's spans and annotations."""
    return load(tmp_path_factory.mktemp("phoenix"), FOLDER / "spans.json", FOLDER / "annotations.jsonl")


SPANS = """select name, kind, dialect, parent_span_id, started_ns, ended_ns, status, error_type, session_id,
                  pack_version, request_model, input_tokens, output_tokens, cache_read_tokens, tool_name
           from spans order by started_ns"""
CONTENT = """select p.input_messages, p.output_messages, p.tool_arguments, p.tool_result, p.input_value
             from payloads p order by p.started_ns"""


def test_spans_are_read_as_their_instrumentation_meant_them(loaded: Loaded) -> None:
    """Columns come from the attributes, whose vocabulary is OpenInference."""
    start = 1_778_051_281_000_000_000
    second = 10**9
    assert [
        ("assistant", "agent", "openinference", None, start, start + 8 * second, "ok", None, "sess-42", "v5",
         None, None, None, None, None),
        ("ChatCompletion", "llm", "openinference", "1" * 16, start + second, start + 3 * second, "ok",
         None, None, None, "gpt-5-mini", 210, 33, 128, None),
        ("track", "tool", "openinference", "1" * 16, start + 4 * second, start + 5 * second, "error",
         "ValueError", None, None, None, None, None, None, "track"),
    ] == loaded.rows(SPANS)  # fmt: skip


def test_messages_become_the_indexed_keys_they_were(loaded: Loaded) -> None:
    """Lists of messages are taken apart again; text that looks like a list stays text."""
    (sent, answered, *_) = loaded.rows(CONTENT)[1]
    assert "['not', 'a list']" == json.loads(sent)["llm.input_messages.1.message.content"]
    key = "llm.output_messages.0.message.tool_calls.0.tool_call.function.name"
    assert "track" == json.loads(answered)[key]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_is_the_same_table(loaded: Loaded, tmp_path: Path, form: str) -> None:
    """Ids, times, numbers and content do not depend on how the table was written."""
    found = load(tmp_path / "data", FORMS[form](tmp_path / "spans.json"))
    assert loaded.rows(SPANS) == found.rows(SPANS)
    assert loaded.rows(CONTENT) == found.rows(CONTENT)


def test_annotations_are_scores(loaded: Loaded) -> None:
    """A person's, a model's and a program's judgement of a span, a trace and a session."""
    sql = (
        "select target_type, name, value, label, explanation, annotator, evaluator from scores order by name"
    )
    assert [
        ("span", "helpful", 1.0, "yes", "it asked the carrier", "human", "round-1"),
        ("session", "mood", None, "calm", None, "code", None),
        ("trace", "resolved", 0.5, None, None, "llm", None),
    ] == loaded.rows(sql)


def test_a_run_shows_all_of_them(loaded: Loaded) -> None:
    """Also the one that names its span alone, and the one of the session."""
    ((run,),) = loaded.rows("select run_id from runs")
    assert ["helpful", "mood", "resolved"] == sorted(str(s["name"]) for s in loaded.reports.run_scores(run))


def test_evaluation_columns_are_scores_of_their_spans(tmp_path: Path) -> None:
    """eval.<name>.score and .label beside a span; a span without them has none."""
    table = frame()
    table["eval.tone.score"] = [None, 0.5, None]
    table["eval.tone.label"] = [None, "dry", None]
    table.to_parquet(tmp_path / "spans.parquet")
    found = load(tmp_path / "data", tmp_path / "spans.parquet")
    assert [("2222222222222222", "tone", 0.5, "dry")] == found.rows(
        "select span_id, name, value, label from scores"
    )


def test_console_spans_are_read_too(tmp_path: Path) -> None:
    """What OpenTelemetry's console exporter prints has nearly this shape."""
    span = {
        "name": "chat m",
        "context": {"trace_id": "0x" + "ab" * 16, "span_id": "0x" + "cd" * 8, "trace_state": "[]"},
        "kind": "SpanKind.CLIENT", "parent_id": None, "start_time": "2026-05-06T07:08:09.123456Z",
        "end_time": "2026-05-06T07:08:10.123456Z", "status": {"status_code": "ERROR", "description": "no"},
        "attributes": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5},
        "events": [], "links": [],
        "resource": {"attributes": {"service.name": "desk"}, "schema_url": ""},
    }  # fmt: skip
    (tmp_path / "console.json").write_text(json.dumps(span, indent=4))
    found = load(tmp_path / "data", tmp_path / "console.json")
    sql = "select trace_id, kind, input_tokens, status, status_message, service_name, duration_ms from spans"
    assert ("ab" * 16, "llm", 5, "error", "no", "desk", 1000.0) == found.one(sql)


def test_requests_are_the_same_at_every_load() -> None:
    """Bytes do not depend on when a file is read."""
    first, second = (list(read_requests(FOLDER / "spans.json")) for _ in range(2))
    assert first == second
