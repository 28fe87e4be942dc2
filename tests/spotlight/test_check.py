"""`spotlight check`: limits, budgets, exit codes and the webhook."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spotlight.cli.budgets import read_budgets
from spotlight.cli.webhook import post_json
from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters, open_lake
from spotlight.reports.limits import LIMITS, Limit, verdicts
from tests.command import spotlight
from tests.spotlight import report_lakes
from tests.spotlight.report_lakes import run

SECRET = "T0/B1/very-secret"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with some days of made-up runs."""
    folder = tmp_path_factory.mktemp("made-up")
    report_lakes.made_up(folder)
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder whose tables have no rows."""
    folder = tmp_path_factory.mktemp("empty")
    report_lakes.empty(folder)
    return folder


class Hook(NamedTuple):
    """A server that notes what it is sent."""

    url: str
    received: list[tuple[str, dict[str, Any]]]


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Yield a server that answers 204, or what the first part of the path says."""
    received: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, json.loads(body)))
            status = self.path.split("/")[1]
            self.send_response(int(status) if status.isdigit() else 204)
            if status.startswith("3"):
                self.send_header("location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Hook(f"http://127.0.0.1:{server.server_address[1]}", received)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--max-cost", 1e6], 0),
        (["--max-cost", 0.001], 1),
        (
            [
                "--max-cost-per-run",
                100,
                "--max-failure-rate",
                1,
                "--max-p95-ms",
                1e9,
                "--max-unpriced-share",
                1,
            ],
            0,
        ),
        (["--max-cost", 1e6, "--max-failure-rate", 0], 1),
        (["--min-score", "quality=0.01"], 0),
        (["--min-score", "quality=0.999"], 1),
        (["--min-score", "never_sent=0"], 1),
        (["--min-score", "never_sent=0", "--allow-unknown"], 0),
        ([], 2),
        (["--max-failure-rate", 1.5], 2),
        (["--max-cost", -1], 2),
        (["--min-score", "quality"], 2),
        (["--min-score", "=1"], 2),
        (["--max-cost", 1, "--since", "soon"], 2),
        (["--file", "there-is-none.yaml"], 2),
    ],
    ids=str,
)
def test_the_exit_code_says_how_it_went(data: Path, words: list[object], code: int) -> None:
    """0: all kept.  1: one broken, or not known.  2: asked wrongly."""
    assert code == run("check", *words, "--data", data).exit_code


def test_the_result_has_value_n_and_limit(data: Path) -> None:
    """Each limit stands with what was measured, of how many, and what that leaves out."""
    words = ("--max-cost", 0.001, "--max-p95-ms", 1e9, "--min-score", "never_sent=0.5", "--json")
    said = json.loads(run("check", *words, "--data", data).stdout)
    whole = (
        open_lake(data)
        .user_query("select count(*) as n, sum(cost_usd) as cost from runs", limit=1)
        .to_pylist()[0]
    )
    by_limit = {check["limit"]: check for check in said["checks"]}
    assert (False, ["fail", "pass", "unknown"]) == (
        said["ok"],
        [check["outcome"] for check in said["checks"]],
    )
    assert (pytest.approx(whole["cost"]), 0.001) == (
        by_limit["max_cost_usd"]["value"],
        by_limit["max_cost_usd"]["bound"],
    )
    assert (whole["n"], None, 0) == (
        by_limit["max_p95_ms"]["n"],
        by_limit["min_score never_sent"]["value"],
        by_limit["min_score never_sent"]["n"],
    )


def test_a_value_at_its_bound_passes(data: Path) -> None:
    """The bound itself is allowed; the next number beyond it is not."""
    reports = open_lake(data)
    exact = verdicts(reports, RunFilters(), [Limit("max_failure_rate", 1.0)])[0].value
    assert exact is not None
    asked = [Limit("max_failure_rate", exact), Limit("max_failure_rate", exact * 0.999)]
    assert ["pass", "fail"] == [verdict.outcome for verdict in verdicts(reports, RunFilters(), asked)]


def test_of_no_runs_only_the_sum_is_known(empty: Path) -> None:
    """Where nothing ran nothing was spent; every rate and time of nothing is unknown, never 0."""
    found = verdicts(open_lake(empty), RunFilters(), [Limit(name, 1.0) for name in LIMITS])
    assert {"max_cost_usd": "pass"} | {name: "unknown" for name in LIMITS if name != "max_cost_usd"} == {
        verdict.limit: verdict.outcome for verdict in found
    }


def test_budgets_have_filters_of_their_own(data: Path, tmp_path: Path) -> None:
    """Each budget is held to its own runs; versions and days are read as they are written."""
    file = tmp_path / "budgets.yaml"
    file.write_text(
        "budgets:\n"
        "  - {name: coder, pack: coder, version: 3.10, since: 2026-06-01, max_cost_usd: 0.0}\n"
        "  - name: bot\n    pack: support-bot\n    max_cost_usd: 0.0001\n    min_score: {quality: 0.01}\n"
    )
    assert ("3.10", "2026-06-01", 0.0) == (
        read_budgets(file)[0].version, read_budgets(file)[0].since, read_budgets(file)[0].max_cost_usd,
    )  # fmt: skip
    done = run("check", "--file", file, "--json", "--data", data)
    checks = [(c["budget"], c["limit"], c["outcome"]) for c in json.loads(done.stdout)["checks"]]
    assert [
        ("coder", "max_cost_usd", "pass"),
        ("bot", "max_cost_usd", "fail"),
        ("bot", "min_score quality", "pass"),
    ] == checks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file"),
        ("budgets: []", "budgets"),
        ("budgets: [{name: a}]", "no limit is set"),
        ("budgets: [{max_cost_usd: 1}]", "budgets.0.name"),
        ("budgets: [{name: a, max_cost: 1}]", "budgets.0.max_cost"),
        ("budgets: [{name: a, max_failure_rate: 2}]", "budgets.0.max_failure_rate"),
        ("budgets: [{name: a, max_cost_usd: .nan}]", "budgets.0.max_cost_usd"),
        ("budgets: [", "is no YAML"),
        ("- !!python/object/apply:os.system [ls]", "the file"),
    ],
)
def test_a_budget_file_is_checked(tmp_path: Path, text: str, said: str) -> None:
    """An entry that cannot be used is named; nothing in a file is ever run."""
    file = tmp_path / "budgets.yaml"
    file.write_text(text)
    with pytest.raises(SpotlightError, match=said):
        read_budgets(file)


def test_the_webhook_is_told_what_broke(data: Path, hook: Hook) -> None:
    """It gets the result as JSON, with a line for chat services; where all is kept it gets nothing."""
    words = ("check", "--data", data, "--webhook", f"{hook.url}/{SECRET}", "--allow-private")
    kept = spotlight(*words, "--max-cost", 1e6)
    assert (0, []) == (kept.returncode, hook.received)
    done = spotlight(*words, "--max-cost", 0.001, check=False)
    [(path, document)] = hook.received
    assert (1, f"/{SECRET}", False) == (done.returncode, path, document["ok"])
    assert document["text"].startswith("Spotlight: limits broken\nlimit: max_cost_usd is $")
    assert SECRET not in done.stdout + done.stderr


def test_a_private_webhook_is_refused(data: Path, hook: Hook) -> None:
    """Without --allow-private no address of this machine or its network is asked, and no secret is shown."""
    words = ("check", "--data", data, "--webhook", f"{hook.url}/{SECRET}", "--max-cost", 0.001)
    done = spotlight(*words, check=False)
    assert (1, []) == (done.returncode, hook.received)
    assert ("private network" in done.stderr, SECRET in done.stderr) == (True, False)


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_redirects_and_refusals_are_errors(hook: Hook, status: int) -> None:
    """A redirect is not followed, and an answer that is no success is said."""
    with pytest.raises(SpotlightError, match=str(status)) as caught:
        post_json(f"{hook.url}/{status}/{SECRET}", {}, allow_private=True)
    assert (1, False) == (len(hook.received), SECRET in str(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/x",
        "example.com/x",
        "https://",
        "http://user:very-secret@example.com/x",
        "http://example.com:99999/x",
        "http://example.com/a b",
        "http://example.com/a\r\nHost: b",
        "http://localhost/x",
        "http://127.0.0.1/x",
        "http://[::1]/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/x",
        "http://[fd00::1]/x",
        "http://2130706433/x",
    ],
)
def test_addresses_that_are_never_asked(url: str) -> None:
    """Other schemes, and addresses that are private, malformed or hold a password, are refused at once."""
    with pytest.raises(SpotlightError) as caught:
        post_json(url, {}, timeout_s=0.5)
    assert "very-secret" not in str(caught.value)
