"""A dialect is one module and a sample: no other file of the project is touched to add one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spotlight.reports import open_lake
from tests.command import ROOT
from tests.loading import all_runs, selected

COPIED = ("spotlight", "ingest", "dashboards", "replay", "docs", "scripts", "sample_traces")
SECOND_NS = 1_000_000_000
STARTED_NS = 1_785_751_200 * SECOND_NS  # 2026-08-03
TRACE = "ac3e" * 8


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with one more dialect, that of the docs, and one more sample."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in COPIED:
        unneeded = shutil.ignore_patterns("__pycache__", "images")
        shutil.copytree(ROOT / folder, copy / folder, ignore=unneeded)
    page = (ROOT / "docs/dialects.md").read_text(encoding="utf-8")
    module = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert module is not None
    (copy / "spotlight/dialects/acme.py").write_text(module[1], encoding="utf-8")
    write_sample(copy / "sample_traces/acme-by-hand")
    return copy


def write_sample(folder: Path) -> None:
    """Write a run of the invented framework: a model call, and a tool that failed."""
    folder.mkdir()
    run = span(1, "acme run", {"acme.thread": "thread-1", "acme.metadata": '{"release": "2026-08"}'})
    call = span(2, "think", {
        "acme.step": "model", "acme.model": "m-1", "acme.tokens.in": 100, "acme.tokens.out": 7,
        "acme.tokens.cached": 60, "acme.first_token_s": 0.25, "acme.messages.0.role": "user",
        "acme.messages.0.content": "hello",
    })  # fmt: skip
    tool = span(3, "call search", {"acme.step": "tool", "acme.input": '{"q": "x"}', "acme.outcome": "failed"})
    beat = span(4, "acme heartbeat", {"acme.step": "tool"})
    scope = {"scope": {"name": "acme.agents"}, "spans": [run, call, tool, beat]}
    request = {"resourceSpans": [{"scopeSpans": [scope]}]}
    (folder / "0001-traces.json").write_text(json.dumps(request), encoding="utf-8")
    entry = {"seq": 1, "file": "0001-traces.json", "signal": "traces", "encoding": "json"}
    (folder / "index.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    (folder / "README.md").write_text("# Acme: an invented framework\n", encoding="utf-8")
    truth = {"runs": 1, "failed_runs": 1, "generations": 1, "tool_calls": 1, "failed_tool_calls": 1}
    (folder / "expected.json").write_text(json.dumps(truth), encoding="utf-8")


def span(number: int, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return one span in OTLP/JSON; number 1 is the parent of the others."""
    started = STARTED_NS + number * SECOND_NS
    values = [{"key": key, "value": value_of(value)} for key, value in attributes.items()]
    times = {"startTimeUnixNano": str(started), "endTimeUnixNano": str(started + SECOND_NS)}
    parent = {} if number == 1 else {"parentSpanId": f"{1:016x}"}
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name,
        "attributes": values,
        **times,
        **parent,
    }


def value_of(value: Any) -> dict[str, Any]:
    """Return a value as OTLP/JSON says it."""
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def in_copy(project: Path, *words: object) -> str:
    """Return what a Python command says that runs the copy's code."""
    path = os.pathsep.join((str(project), str(project / "spotlight/sdk")))
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=project,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder into which the copy's own command loaded the new sample."""
    folder = tmp_path_factory.mktemp("acme") / "data"
    in_copy(project, "-m", "spotlight.cli", "load", "sample_traces/acme-by-hand", "--data", folder)
    return folder


def test_the_run_of_a_new_dialect_is_told_right(data: Path) -> None:
    """Session, version, calls, tokens counted once, the failed tool: all from the one table."""
    told = all_runs(open_lake(data))
    assert 1 == len(told)
    wanted = {
        "trace_id": TRACE, "session_id": "thread-1", "pack_version": "2026-08", "status": "error",
        "generations": 1, "tool_calls": 1, "failed_tool_calls": 1, "input_tokens": 100, "output_tokens": 7,
        "cache_read_tokens": 60,
    }  # fmt: skip
    assert wanted == {key: told[0][key] for key in wanted}


def test_the_spans_of_a_new_dialect_are_read_by_its_table(data: Path) -> None:
    """Kinds, the tool's name out of the span's, the first token in ms; a heartbeat is no step."""
    sql = "select kind, tool_name, ttft_ms, tool_failed from spans where dialect = 'acme' order by started_ns"
    assert [
        ("agent", None, None, None),
        ("llm", None, 250.0, None),
        ("tool", "search", None, True),
        ("other", None, None, None),
    ] == [tuple(row.values()) for row in selected(open_lake(data), sql)]


def test_the_lists_of_dialects_and_samples_are_written(project: Path) -> None:
    """One command puts the new dialect and its sample into the docs."""
    in_copy(project, "scripts/docs.py")
    page = (project / "docs/dialects.md").read_text(encoding="utf-8")
    assert "| `acme` | Acme Agents | `acme.agents`; service `acme-runner` | otel_genai | with cache |" in page
    assert "[acme-by-hand](../sample_traces/acme-by-hand)" in page
    samples = (project / "sample_traces/README.md").read_text(encoding="utf-8")
    assert (
        "| [acme-by-hand](acme-by-hand/README.md) | Acme: an invented framework | 1 | 1 | 1 | 1 | 1 |"
        in samples
    )
