"""A case file holds everything recorded of its runs, opens offline, and comes back as it was."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pytest

from ingest.files import FileRequest
from spotlight.errors import NotFound, SpotlightError, UnreadableFile
from spotlight.model import PAYLOADS, RUNS, SPANS, STEPS
from spotlight.reports import Reports
from spotlight.reports.case import CaseRows, read_case, select_case
from spotlight.reports.case.manifest import TABLES
from spotlight.reports.case.otlp import known_keys, otlp_requests
from spotlight.reports.case.page import case_page
from spotlight.testing import load_case
from tests.command import spotlight, spotlight_json
from tests.conftest import SampleLake
from tests.made_lake import run
from tests.rows import llm, payload, table
from tests.spotlight.case_lakes import load, plain, send, stored, write

RECORDED = ("spans", "payloads", "logs", "metrics", "scores")
DIALECTS_READ_BY_SIGNS = {"google_adk": {"kind_source"}}  # which of two signs said the kind is not kept


class AllSamples(NamedTuple):
    """A case of every sample, and the lake it was loaded into."""

    path: Path
    rows: CaseRows
    loaded: Reports
    data: Path


@pytest.fixture(scope="module")
def case(sample_lake: SampleLake, tmp_path_factory: pytest.TempPathFactory) -> AllSamples:
    """Return one case of all runs of all samples, loaded into a folder of its own."""
    folder = tmp_path_factory.mktemp("case")
    rows = select_case(sample_lake.reports, sample_lake.runs)
    path = write(folder / "all.zip", rows)
    return AllSamples(path, rows, load(path, folder / "data"), folder / "data")


@pytest.mark.parametrize("table", RECORDED)
def test_recorded_rows_come_back(case: AllSamples, table: str) -> None:
    """Every recorded column of every row is the same, but tenant and journal position."""
    assert plain(case.rows.recorded[table]) == plain(stored(case.loaded, table))


@pytest.mark.parametrize("table", ["runs", "steps"])
def test_the_same_runs_are_made_of_them(case: AllSamples, table: str) -> None:
    """Runs and steps are assembled anew, and are the same to every figure."""
    names = {"runs": "assembled_runs", "steps": "steps"}
    again = case.loaded._reader.query(f"select * from {names[table]}")
    assert plain(case.rows.derived[table]) == plain(again)


def test_loading_again_adds_nothing(case: AllSamples) -> None:
    """The same case a second time changes no table of recorded rows."""
    before = {name: stored(case.loaded, name).num_rows for name in RECORDED}
    again = load(case.path, case.data)
    assert before == {name: stored(again, name).num_rows for name in RECORDED}


def test_the_same_rows_make_the_same_bytes(case: AllSamples, tmp_path: Path) -> None:
    """A case file of the same data is the same file."""
    assert case.path.read_bytes() == write(tmp_path / "again.zip", case.rows).read_bytes()


def test_otlp_makes_the_same_spans(case: AllSamples, sample_lake: SampleLake, tmp_path: Path) -> None:
    """Sent on as OTLP JSON to a fresh folder, spans, content, logs and runs are what they were."""
    requests = otlp_requests(case.rows.recorded, known_keys(sample_lake.reports, case.rows))
    signals = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
    sent = [FileRequest(tmp_path, signals[next(iter(r))], "json", orjson.dumps(r)) for r in requests]
    again = send(sent, tmp_path / "data")
    late = ("received_ns", "attributes", "kind_source")
    assert plain(case.rows.recorded["spans"], *late) == plain(stored(again, "spans"), *late)
    for name in ("payloads", "logs", "metrics", "scores"):
        assert plain(case.rows.recorded[name], "received_ns") == plain(stored(again, name), "received_ns")
    before = {(r["trace_id"], r["span_id"]): r for r in case.rows.recorded["spans"].to_pylist()}
    for row in stored(again, "spans").to_pylist():
        told = before[row["trace_id"], row["span_id"]]
        assert json.loads(told["attributes"]) == json.loads(row["attributes"])
        if told["kind_source"] != row["kind_source"]:
            assert "kind_source" in DIALECTS_READ_BY_SIGNS[told["dialect"]]
    assert plain(case.rows.derived["runs"]) == plain(again._reader.query("select * from assembled_runs"))


def test_one_run_brings_its_whole_trace_and_no_other(sample_lake: SampleLake) -> None:
    """A case of one run has that run's rows alone where it shares its trace with none."""
    run = next(r for r in sample_lake.runs if len(sample_lake.reports.run(r)["trace_ids"]) == 1)  # type: ignore[arg-type]
    rows = select_case(sample_lake.reports, [run[:12]])
    assert ([run], {run}) == (rows.asked, set(rows.derived["runs"].column("run_id").to_pylist()))
    assert {run} == set(rows.recorded["spans"].column("trace_id").to_pylist())


def test_nothing_of_that_name(sample_lake: SampleLake) -> None:
    """A word that names no run and no session is an error with the word."""
    with pytest.raises(NotFound, match="no run or session 'nobody'"):
        select_case(sample_lake.reports, ["nobody"])


def test_the_page_runs_nothing_and_asks_nobody(case: AllSamples) -> None:
    """The page holds every span, no script, and no address that a browser would fetch."""
    page = zipfile.ZipFile(case.path).read("index.html").decode()
    assert case.rows.recorded["spans"].num_rows == len(re.findall(r'<div class="span d\d', page))
    assert "default-src 'none'" in page
    assert [] == re.findall(r"<(?:script|img|link|iframe|object|form|svg|base)\b|\son\w+=", page)


def test_a_case_is_opened_in_a_test(case: AllSamples, sample_lake: SampleLake) -> None:
    """`load_case` gives steps, figures and transcript as they are in the lake that the case came from."""
    opened = load_case(case.path)
    run_id = sample_lake.runs[0]
    assert sample_lake.reports.run(run_id)["cost_usd"] == opened[run_id].figures["cost_usd"]
    assert sample_lake.reports.transcript(run_id) == opened[run_id].transcript
    assert [step["span_id"] for step in opened[run_id].steps] == [
        row["span_id"] for row in sample_lake.reports.ask("case_steps", {"runs": [run_id]}).to_pylist()
    ]
    with pytest.raises(SpotlightError, match="the case holds"):
        _ = opened.run


def test_the_documented_example_runs(case: AllSamples, sample_lake: SampleLake, tmp_path: Path) -> None:
    """The test in docs/case-files.md is one that passes."""
    text = (Path(__file__).parents[2] / "docs/case-files.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    run = next(
        r for r in sample_lake.runs
        if "send_email" in [s["tool_name"] for s in load_case(case.path)[r].steps]
        and sample_lake.reports.run(r)["status"] == "ok"
    )  # fmt: skip
    path = write(tmp_path / "renewal.zip", select_case(sample_lake.reports, [run]))
    found: dict[str, Any] = {}
    exec(example.replace("cases/renewal.zip", str(path)), found)
    for name, test in found.items():
        if name.startswith("test_"):
            test()


def repacked(
    path: Path, to: Path, change: dict[str, bytes | None], manifest: dict[str, Any] | None = None
) -> Path:
    """Write a case again with some files exchanged (None: left out), and with these words in its manifest."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = change.pop(name, old.read(name))
            if name == "manifest.json" and manifest and body is not None:
                body = json.dumps(json.loads(body) | manifest).encode()
            if body is not None:
                new.writestr(name, body)
        for name, added in change.items():
            if added is not None:
                new.writestr(name, added)
    return to


@pytest.mark.parametrize(
    ("change", "manifest", "said"),
    [
        ({"../../etc/passwd": b"x"}, None, "holds '../../etc/passwd'"),
        ({"recorded/other.parquet": b"x"}, None, "holds 'recorded/other.parquet'"),
        ({"recorded/logs.parquet": b"x"}, None, "recorded/logs.parquet in .* hashes to"),
        ({"recorded/logs.parquet": bytes(50_000_000)}, None, "recorded/logs.parquet in .* is larger than"),
        ({"derived/runs.parquet": None}, None, "lacks derived/runs.parquet"),
        ({"manifest.json": b"{"}, None, "is not JSON"),
        ({"manifest.json": b"[]"}, None, "is no case file"),
        (
            {},
            {"format_version": 7, "spotlight": "9.1"},
            "format version 7, this Spotlight reads 1 .made .*9.1",
        ),
        ({}, {"files": {"/tmp/x": {}}}, "names a file that no case holds: '/tmp/x'"),
        ({}, {"files": {}}, "lacks derived/costs.parquet"),
    ],
    ids=["path", "stranger", "hash", "bomb", "missing", "json", "list", "newer", "listed path", "no files"],
)
def test_what_is_no_case_is_refused(
    case: AllSamples,
    tmp_path: Path,
    change: dict[str, bytes | None],
    manifest: dict[str, Any] | None,
    said: str,
) -> None:
    """A zip that a case cannot be is refused whole, with what is wrong in it."""
    path = repacked(case.path, tmp_path / "odd.zip", dict(change), manifest)
    with pytest.raises(UnreadableFile, match=said):
        read_case(path)


def test_a_cut_zip_is_refused(case: AllSamples, tmp_path: Path) -> None:
    """A file that ends early is no zip."""
    (tmp_path / "cut.zip").write_bytes(case.path.read_bytes()[:5000])
    with pytest.raises(UnreadableFile, match="no zip that can be read"):
        read_case(tmp_path / "cut.zip")


def test_the_commands_of_the_docs(sample_lake: SampleLake, tmp_path: Path) -> None:
    """`export` writes a case, redacted on request, and OTLP; `load` takes each of them."""
    run_id, data = sample_lake.runs[0], sample_lake.data
    spans = sample_lake.reports.run(run_id)["spans"]
    made = spotlight_json("export", run_id[:12], "-o", tmp_path / "case.zip", "--redact", "--data", data)
    assert ([run_id], [str(tmp_path / "case.zip")]) == (made["runs"], made["files"])
    assert made["rows"]["spans"] == spans
    assert read_case(tmp_path / "case.zip").said["redaction"] == made["redaction"]["summary"]
    loaded = spotlight_json("load", tmp_path / "case.zip", "--data", tmp_path / "a")
    assert (1, made["rows"]["spans"]) == (loaded["runs"], loaded["case_rows"])
    for form, name, written in (
        ("otlp-json", "run.jsonl", "run.jsonl"),
        ("otlp", "r.binpb", "r.traces.binpb"),
    ):
        sent = spotlight_json("export", run_id, "--format", form, "-o", tmp_path / name, "--data", data)
        assert [str(tmp_path / written)] == sent["files"]
        assert spans == spotlight_json("load", tmp_path / written, "--data", tmp_path / form)["spans"]
    refused = spotlight("export", run_id, "-o", tmp_path / "a.jsonl", "--data", data, check=False)
    assert (2, False) == (refused.returncode, (tmp_path / "a.jsonl").exists())


def test_hostile_text_is_text_on_the_page() -> None:
    """Whatever a span says in whichever field, the page shows it and runs none of it."""
    attack = "</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u202e\x00"
    names = [f.name for f in SPANS.schema if f.type == pa.string() and f.name not in _STRUCTURE]
    fields = {name: json.dumps({"k": attack}) if name in _JSON else attack for name in names}
    row = llm("call") | fields | {"events": json.dumps([{"name": attack, "time_ns": 1, "attributes": {}}])}
    content = payload(row, input_messages=attack, tool_result=attack, output_value=attack)
    empty = {name: table([], TABLES[f"recorded/{name}.parquet"]) for name in RECORDED}
    recorded = empty | {"spans": table([row]), "payloads": table([content], PAYLOADS)}
    whole = run("r", trace_id=row["trace_id"], trace_ids=[row["trace_id"]], session_id=attack)
    whole |= {"name": attack, "error_message": attack, "agent_name": attack}
    derived = {"runs": table([whole], RUNS), "steps": table([], STEPS)}
    page = "".join(case_page(CaseRows([], recorded, derived)))
    assert [] == re.findall(r"<(?:script|img)\b", page)
    assert ("\x00" in page, "\u202e" in page) == (False, False)
    assert page.count("&lt;script&gt;") >= 6


_STRUCTURE = ("tenant", "trace_id", "span_id", "parent_span_id", "dialect", "kind", "signal", "status")
_JSON = ("attributes", "links", "resource", "scope", "usage_keys", "finish_reasons", "model_params", "events")
