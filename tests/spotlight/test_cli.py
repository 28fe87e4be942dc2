"""The commands as a user types them, on the samples."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from spotlight.cli.output import harmless, one_line
from spotlight.cli.runs import runs_table
from spotlight.reports import RunFilters
from tests.command import COMMAND, ROOT, spotlight, spotlight_json, spotlight_process
from tests.conftest import SAMPLES, SampleLake

FAILED = "5681991243810a32cfa5e898fd2df23a"


def test_runs_lists_the_newest_first(sample_lake: SampleLake) -> None:
    """Every run is there, in the order of its start, newest first."""
    runs = spotlight_json("runs", "--data", sample_lake.data)
    starts = [int(run["started_ns"]) for run in runs]
    assert (len(sample_lake.runs), sorted(starts, reverse=True)) == (len(runs), starts)


@pytest.mark.parametrize(
    ("words", "column", "value"),
    [
        (["--failed"], "status", "error"),
        (["--incomplete"], "status", "incomplete"),
        (["--pack", "triage_agent"], "pack_name", "triage_agent"),
        (["--version", "v2"], "pack_version", "v2"),
        (["--session", "sess-renewal-002"], "session_id", "sess-renewal-002"),
    ],
)
def test_runs_can_be_narrowed(sample_lake: SampleLake, words: list[str], column: str, value: str) -> None:
    """Each filter lets only matching runs through, and at least one."""
    assert {value} == {run[column] for run in spotlight_json("runs", *words, "--data", sample_lake.data)}


def test_runs_as_a_table_names_the_failure(sample_lake: SampleLake) -> None:
    """A person sees id, status and error of a failed run."""
    shown = spotlight("runs", "--failed", "--session", "sess-multi-001", "--data", sample_lake.data).stdout
    assert all(word in shown for word in (FAILED[:8], "error", "triage_agent", "1 failed"))


def test_show_draws_the_tree(sample_lake: SampleLake) -> None:
    """The tree has kinds, durations, tokens and the error in its place; a short id is enough."""
    shown = spotlight("show", FAILED[:6], "--data", sample_lake.data).stdout
    failed_line = next(line for line in shown.splitlines() if "tool send_email" in line and "error" in line)
    assert ("│" in shown or "└" in shown, " ms" in failed_line) == (True, True)
    assert "47 in, 23 out" in shown


def test_show_with_payloads_has_the_arguments(sample_lake: SampleLake) -> None:
    """--payloads shows what the failed tool was called with."""
    document = spotlight_json("show", FAILED, "--payloads", "--data", sample_lake.data)
    payload = document["payloads"][document["run"]["error_span_id"]]
    assert "sam@globex.example" in payload["tool_arguments"]


def test_show_of_an_unknown_run_says_so(sample_lake: SampleLake) -> None:
    """A run that is not there is an error with a hint, exit code 1."""
    done = spotlight("show", "ffffffff", "--data", sample_lake.data, check=False)
    assert (1, "", True) == (done.returncode, done.stdout, "no run 'ffffffff'" in done.stderr)
    assert "hint:" in done.stderr


def test_query_prints_json_and_csv(sample_lake: SampleLake) -> None:
    """One select, in the form asked for."""
    sql = "select status, count(*) as n from runs group by status order by status"
    rows = spotlight_json("query", sql, "--data", sample_lake.data)
    text = spotlight("query", sql, "--format", "csv", "--data", sample_lake.data).stdout
    assert [row["status"] for row in rows] == ["error", "incomplete", "ok"]
    assert rows == [{"status": r["status"], "n": int(r["n"])} for r in csv.DictReader(io.StringIO(text))]


def test_query_csv_is_formula_safe(sample_lake: SampleLake) -> None:
    """Text that a spreadsheet would run is defused; numbers stay numbers."""
    sql = "select '=1+1' as a, -1 as b"
    assert ["a,b", "'=1+1,-1"] == spotlight(
        "query", sql, "--format", "csv", "--data", sample_lake.data
    ).stdout.split()


def test_query_refuses_to_write(sample_lake: SampleLake) -> None:
    """Anything but one select fails without output."""
    done = spotlight("query", "delete from runs", "--data", sample_lake.data, check=False)
    assert (1, "") == (done.returncode, done.stdout)


def test_query_says_when_it_cuts(sample_lake: SampleLake) -> None:
    """A cut result is announced."""
    done = spotlight("query", "select * from spans", "-n", 3, "--json", "--data", sample_lake.data)
    assert (3, True) == (len(json.loads(done.stdout)), "first 3 rows" in done.stderr)


def test_status_adds_up(sample_lake: SampleLake) -> None:
    """What came in is accounted for, nothing waits, and the lake has a size."""
    said = spotlight_json("status", "--data", sample_lake.data)
    accepted = {r["signal"]: r["items"] for r in said["received"] if r["outcome"] == "accepted"}
    stored = {name: said["tables"][name]["rows"] for name in ("spans", "logs", "metrics")}
    query = "select count(*) as n from spans where signal = 'log'"  # steps made from log records
    steps = sample_lake.reports.user_query(query, limit=1).to_pylist()[0]["n"]
    sent = {"traces": stored["spans"] - steps, "logs": stored["logs"], "metrics": stored["metrics"]}
    assert sent == accepted
    assert (0, 0, True) == (said["waiting_bytes"], said["dead_requests"], said["lake_bytes"] > 0)


def test_doctor_finds_nothing_wrong(sample_lake: SampleLake) -> None:
    """A sound installation and a sound folder pass, checksums of every file included."""
    ports = {"SPOTLIGHT_HTTP_PORT": "0", "SPOTLIGHT_GRPC_PORT": "0", "SPOTLIGHT_PORT": "0"}
    done = spotlight("doctor", "--deep", "--json", "--data", sample_lake.data, env=ports)
    assert [] == [f for f in json.loads(done.stdout) if not f["ok"]]


def test_doctor_finds_a_damaged_file(tmp_path: Path) -> None:
    """A flipped byte in the lake is found, named, and makes the exit code 1."""
    spotlight("load", SAMPLES / "openai-openinference", "--data", tmp_path)
    victim = next((tmp_path / "lake" / "spans").rglob("*.parquet"))
    body = bytearray(victim.read_bytes())
    body[len(body) // 3] ^= 0xFF
    victim.write_bytes(body)
    done = spotlight("doctor", "--deep", "--json", "--data", tmp_path, check=False)
    found = {f["check"]: f for f in json.loads(done.stdout)}
    assert (1, False) == (done.returncode, found["lake checksums"]["ok"])
    assert victim.name in found["lake checksums"]["found"]


def test_commands_say_what_to_do_without_a_lake(tmp_path: Path) -> None:
    """Reading a folder that holds nothing says how to fill it."""
    done = spotlight("runs", "--data", tmp_path, check=False)
    assert (1, True) == (done.returncode, "spotlight load" in done.stderr)


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in span text are shown, not sent."""
    name = "\x1b]0;owned\x07 [red]not markup[/red] \x1b[2J"
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "a" * 32, "spanId": "b" * 16, "name": name, "startTimeUnixNano": "1795000000000000000",
        "endTimeUnixNano": "1795000001000000000", "status": {"code": 2, "message": name},
    }]}]}]}  # fmt: skip
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(request))
    spotlight("load", path, "--data", tmp_path / "data")
    shown = [
        spotlight(*w, "--data", tmp_path / "data").stdout
        for w in (["runs"], ["show", "a" * 32, "--payloads"])
    ]
    assert ["\x1b" not in text for text in shown] == [True, True]
    assert "[red]not markup[/red]" in shown[1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x07\x00\x9b", "\\x1b[2J\\x07\\x00\\x9b"),
        ("a\u202eb\u2066c\u200e", "a\\u202eb\\u2066c\\u200e"),
        ("東京\u3000駅 1\u00a0000", "東京\u3000駅 1\u00a0000"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
        ("a\tb\nc", "a b\nc"),
    ],
)
def test_harmless_text_reads_as_it_was_written(text: str, shown: str) -> None:
    """Spaces and joiners of every script stay; what drives a terminal or reorders text is shown by code."""
    assert shown == harmless(text)


def test_a_cell_has_one_line() -> None:
    """The end of a line inside a cell can be seen and does not break the table."""
    assert "one↵two↵three" == one_line("one\r\ntwo\nthree")


@pytest.mark.parametrize("width", [80, 100, 120, 150, 200])
def test_the_table_of_runs_fits_the_terminal(sample_lake: SampleLake, width: int) -> None:
    """At every width a run can be told apart: only the error is cut, no column vanishes."""
    rows = sample_lake.reports.runs(RunFilters()).to_pylist()
    console = Console(width=width, file=io.StringIO())
    console.print(runs_table(rows, width))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    failed = next(line for line in lines if line.startswith(FAILED[:8]))
    assert (len(rows) + 1, True) == (len(lines), max(map(len, lines)) <= width)
    assert all(word in failed for word in ("error", "triage_agent v2" if width < 150 else "v2", "Error run"))
    assert all(row["run_id"][:8] in text for row, text in zip(rows, lines[1:], strict=True))
    titles = ("run", "status", "started", "duration", "pack", "tools", "cost", "error")
    assert all(title in lines[0] for title in titles)


def test_long_talk_is_not_cut_into_lines(tmp_path: Path) -> None:
    """Into a file, an error message is one line, however long."""
    folder = tmp_path / ("a folder with a long name " * 6)
    done = spotlight("runs", "--data", folder, check=False)
    assert f"error: no lake in {folder}" in done.stderr.splitlines()


def test_status_answers_on_stdout(sample_lake: SampleLake) -> None:
    """What was asked for is data: all of it on stdout."""
    done = spotlight("status", "--data", sample_lake.data)
    words = ("data folder", "collector", "waiting", "lake ", "accepted")
    assert ("", True) == (done.stderr, all(word in done.stdout for word in words))


def test_show_says_what_went_wrong_at_the_step(sample_lake: SampleLake) -> None:
    """The step that failed has the type and the message of its error beside it."""
    shown = spotlight("show", "8da9aa5a455f46d5f24ca2086ec6fa50", "--data", sample_lake.data).stdout
    step = next(line for line in shown.splitlines() if "send_email" in line)
    assert "MailError: SMTP 550 5.1.1 mailbox unavailable" in step


@pytest.mark.parametrize(
    "words",
    [
        ["runs", "--order", "oldest"],
        ["runs", "-n", "99999999999999999999"],
        ["query", "select 1", "-n", "9999999999"],
        ["query", "select 1", "--format", "xml"],
    ],
)
def test_wrong_usage_is_exit_code_2(sample_lake: SampleLake, words: list[str]) -> None:
    """What no run of the command could accept is wrong usage."""
    assert 2 == spotlight(*words, "--data", sample_lake.data, check=False).returncode


def test_a_command_loads_no_pandas(sample_lake: SampleLake) -> None:
    """What only the dashboards and notebooks need is not loaded: it would double the start of a command."""
    words = [sys.executable, "-X", "importtime", *COMMAND[1:], "runs", "--data", str(sample_lake.data)]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stderr
    asked = ("pandas.core", "streamlit", "spotlight.reports")
    assert ["spotlight.reports"] == [name for name in asked if re.search(rf"\| +{name}$", loaded, re.M)]


def test_the_list_of_commands_is_not_cut() -> None:
    """At 80 columns every command's summary is a whole sentence."""
    shown = spotlight("--help", env={"COLUMNS": "80"}).stdout.split("Commands:")[1]
    assert [] == [line for line in shown.splitlines() if line.strip() and not line.endswith(".")]


def test_times_that_python_cannot_hold_are_text(sample_lake: SampleLake) -> None:
    """The year 294000 is a row like any other, in every form."""
    sql = "select timestamp '294000-01-01' as t, [timestamp '294000-01-01'] as l"
    rows = spotlight_json("query", sql, "--data", sample_lake.data)
    text = spotlight("query", sql, "--data", sample_lake.data).stdout
    assert (1, True, True) == (len(rows), "out of range" in rows[0]["t"], "out of range" in rows[0]["l"][0])
    assert "9215576668800000000" in text


def cpu_seconds(pid: int) -> float:
    """Return how long a process has computed so far."""
    shown = subprocess.run(
        ["ps", "-o", "cputimes=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return float(shown.stdout or 0)


def test_ctrl_c_ends_a_query_quietly(sample_lake: SampleLake) -> None:
    """A query that takes too long ends with exit code 130 and without a traceback."""
    sql = "select count(*) from range(1000000000000) r(x) where x % 7 = 3"
    words = [*COMMAND, "query", sql, "--data", str(sample_lake.data)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, cwd=ROOT)
    try:
        while cpu_seconds(process.pid) < 3:  # starting takes about 1: by then it asks
            assert process.poll() is None
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=180)
    finally:
        process.kill()
        process.communicate()
    assert (130, False) == (process.returncode, b"Traceback" in said), said.decode()


@pytest.mark.parametrize("hosts", ["foo", "foo, [::1]", '["foo", "bar"]', "[::1]"])
def test_hosts_may_be_a_plain_list(tmp_path: Path, hosts: str) -> None:
    """In the environment, allowed hosts are words between commas, or JSON."""
    done = spotlight("status", "--data", tmp_path, env={"SPOTLIGHT_ALLOWED_HOSTS": hosts})
    assert ("", True) == (done.stderr, "nothing has come in" in done.stdout)


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (["status"], {"SPOTLIGHT_ALLOWED_HOSTS": '["foo'}),
        (["status"], {"SPOTLIGHT_PORT": "many"}),
        (["status", "--data", __file__], {}),
        (["runs", "--data", __file__], {}),
        (["load", str(SAMPLES), "--data", __file__], {}),
        (["up", "--data", __file__], {}),
        (["up", "--data", __file__ + "/below"], {}),
        (["part", "writer", "--data", __file__], {}),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(words: list[str], env: dict[str, str]) -> None:
    """A setting or a folder that cannot be used: exit code 1, an error with a hint, no traceback."""
    command = spotlight_process if words[0] in ("up", "part") else spotlight
    done = command(*words, check=False, env=env)
    assert (1, True, True) == (done.returncode, "error: " in done.stderr, "hint: " in done.stderr)
    assert "Traceback" not in done.stderr


def test_a_broken_settings_file_is_told(tmp_path: Path) -> None:
    """spotlight.toml that is not TOML is named."""
    (tmp_path / "spotlight.toml").write_text("a = = b")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [*COMMAND, "status"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (1, True) == (done.returncode, "error: spotlight.toml cannot be read" in done.stderr), done.stderr


def findings(data: Path, *, host: str = "127.0.0.1", port: int = 0) -> dict[str, dict[str, object]]:
    """Return what the doctor finds, by check."""
    ports = {"HTTP_PORT": str(port), "GRPC_PORT": "0", "PORT": "0", "HOST": host}
    env = {f"SPOTLIGHT_{name}": value for name, value in ports.items()}
    done = spotlight("doctor", "--json", "--data", data, check=False, env=env)
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


def test_doctor_says_what_becomes_of_the_folder(tmp_path: Path) -> None:
    """A folder that is not there will be made; a file in its place is wrong."""
    missing, taken = findings(tmp_path / "new")["data folder"], findings(Path(__file__))["data folder"]
    assert (True, True) == (missing["ok"], str(missing["found"]).endswith("will be made"))
    assert (False, True) == (taken["ok"], str(taken["found"]).endswith("is not a folder"))


def test_doctor_tries_ports_over_ipv6(tmp_path: Path) -> None:
    """A host of the other kind of address is probed as what it is."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    found = findings(tmp_path, host="::1")["OTLP/HTTP port"]
    assert (True, "0 is free") == (found["ok"], found["found"])


class Healthy(BaseHTTPRequestHandler):
    """Answers as a collector does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"alive":true}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_doctor_names_who_has_the_port(tmp_path: Path) -> None:
    """A port that another Spotlight listens on is told apart from one that anything has."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = findings(tmp_path, port=server.server_port)["OTLP/HTTP port"]
        server.shutdown()
    assert (False, f"{server.server_port} is taken by another Spotlight") == (found["ok"], found["found"])
