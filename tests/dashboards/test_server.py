"""The server's policies and its JSON routes, over real HTTP."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.guard import CONTENT_SECURITY_POLICY, host_name
from dashboards.json_answers import encode_json
from dashboards.server import DashboardSettings, refuse_taken_port, served_url
from spotlight.errors import PartFailed
from tests.dashboards.invented import BIG


@pytest.fixture(scope="module")
def client(lake_url: str) -> Any:
    """Return an HTTP client of the dashboards over the samples."""
    with httpx.Client(base_url=lake_url, timeout=60) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/run", "/healthz", "/api/runs/none", "/_stcore/health"])
def test_every_answer_carries_the_policy(client: httpx.Client, path: str) -> None:
    """Pages, routes of ours and of Streamlit, and errors all carry the same policy headers."""
    headers = client.get(path).headers
    assert CONTENT_SECURITY_POLICY == headers["content-security-policy"]
    said = [headers[n] for n in ("x-content-type-options", "referrer-policy", "x-frame-options")]
    assert ["nosniff", "no-referrer", "DENY"] == said


def test_policy_allows_no_other_origin() -> None:
    """The policy names no other origin, no inline or evaluated script, and no frame around us."""
    directives = dict(d.split(" ", 1) for d in CONTENT_SECURITY_POLICY.split("; "))
    assert "'self' blob:" == directives["script-src"]
    assert "'none'" == directives["frame-ancestors"]
    sources = {source for value in directives.values() for source in value.split()}
    assert {"'self'", "'none'", "'unsafe-inline'", "blob:", "data:"} == sources


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "evil.test:8501", ""])
@pytest.mark.parametrize("path", ["/", "/api/runs/x", "/healthz"])
def test_other_hosts_are_refused(client: httpx.Client, host: str, path: str) -> None:
    """A name that is not ours gets 421: DNS rebinding reads nothing."""
    assert 421 == client.get(path, headers={"host": host}).status_code


def test_websocket_of_another_host_is_refused(client: httpx.Client) -> None:
    """The websocket that carries the pages checks the Host as well."""
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    key = {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "host": "evil.test"}
    assert 403 == client.get("/_stcore/stream", headers=upgrade | key).status_code


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "http://127.0.0.1:9", "http://localhost:8501", "null"]
)
def test_websocket_of_another_page_is_refused(client: httpx.Client, origin: str) -> None:
    """No page of another origin presses buttons, also none that another port of this machine serves."""
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    key = {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "origin": origin}
    assert 403 == client.get("/_stcore/stream", headers=upgrade | key).status_code


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_api_answers_its_own_pages_only(
    client: httpx.Client, sample_lake: Any, site: str, status: int
) -> None:
    """A page elsewhere cannot read a run; the browser says where a request comes from."""
    answer = client.get(f"/api/runs/{sample_lake.runs[0]}", headers={"sec-fetch-site": site})
    assert status == answer.status_code


def test_run_document_is_the_lakes(client: httpx.Client, sample_lake: Any) -> None:
    """The API answers what `reports` answers: for runs of all ages, every eighth."""
    assert len(sample_lake.runs) > 40
    for run_id in sample_lake.runs[::8]:
        assert (
            json.loads(encode_json(sample_lake.reports.run_document(run_id)))
            == client.get(f"/api/runs/{run_id}").json()
        )


def test_every_span_has_a_document(client: httpx.Client, sample_lake: Any) -> None:
    """Each row of a run opens: its document names the span."""
    run_id = sample_lake.runs[0]
    ids = client.get(f"/api/runs/{run_id}").json()["cols"]["id"]
    assert ids
    assert ids == [client.get(f"/api/runs/{run_id}/spans/{i}").json()["span"]["span_id"] for i in ids]


def test_content_is_saved_as_it_was_sent(client: httpx.Client, sample_lake: Any) -> None:
    """Each part a span carries is a file of its own, to the byte, never drawn; other columns are none."""
    payloads = sample_lake.reports.run_payloads(sample_lake.runs[0])
    span_id, carried = next(item for item in payloads.items() if item[1]["output_messages"])
    path = f"/api/runs/{sample_lake.runs[0]}/spans/{span_id}/content"
    answer = client.get(f"{path}/output_messages")
    assert carried["output_messages"] == answer.content.decode()
    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    said = f'attachment; filename="{span_id}-output_messages.json"'
    assert said == answer.headers["content-disposition"]
    for column in ("status", "no_such_column"):
        assert 404 == client.get(f"{path}/{column}").status_code


def test_unchanged_run_is_not_sent_again(client: httpx.Client, sample_lake: Any) -> None:
    """The entity tag stands while the data stands: 304 and no body."""
    path = f"/api/runs/{sample_lake.runs[0]}"
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"if-none-match": f'"other", {tag}'})
    assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"])
    assert 200 == client.get(path, headers={"if-none-match": '"9-9"'}).status_code


def test_large_run_is_compressed(invented_url: str) -> None:
    """20,000 spans travel in less than 600 kB, and uncompressed for a client that asks so."""
    with httpx.stream("GET", f"{invented_url}/api/runs/{BIG}", timeout=60) as answer:
        sent = sum(len(chunk) for chunk in answer.iter_raw())
    assert "gzip" == answer.headers["content-encoding"]
    assert 50_000 < sent < 600_000
    identity = {"accept-encoding": "identity"}
    plain = httpx.get(f"{invented_url}/api/runs/{BIG}", headers=identity, timeout=60)
    assert 20_000 <= plain.json()["count"] < 20_100


BAD = [
    "/api/runs/a%20b",
    "/api/runs/" + "a" * 129,
    "/api/runs/%3Cscript%3E",
    "/api/runs/x/spans/%22",
]


@pytest.mark.parametrize("path", BAD)
def test_ids_are_checked(client: httpx.Client, path: str) -> None:
    """What is not an id is 400, with a hint, before the lake is asked."""
    answer = client.get(path)
    assert 400 == answer.status_code
    assert {"error", "hint"} == set(answer.json())


@pytest.mark.parametrize(
    "path", ["/api/runs/nothing", "/api/runs", "/api/other", "/assets/trace/old/main.js"]
)
def test_what_is_not_there_is_404_as_json(client: httpx.Client, path: str) -> None:
    """An unknown run, route or file is JSON with a hint, never Streamlit's page with 200."""
    answer = client.get(path)
    assert 404 == answer.status_code
    assert {"error", "hint"} == set(answer.json())
    assert "Traceback" not in answer.text


def test_path_cannot_leave_the_assets(client: httpx.Client) -> None:
    """No path reaches a file outside the component's folder."""
    for name in ("..%2fcomponent.py", "%2e%2e/component.py", "component.py", "main.js%00"):
        assert 200 != client.get(f"/assets/trace/x/{name}").status_code


def test_address_is_announced_and_taken_back(tmp_path: Path, serve_lake: Any) -> None:
    """run/dashboards.json names pid and url while the server runs, and goes with it."""
    address = tmp_path / "run" / "dashboards.json"
    with serve_lake(tmp_path) as url:
        said = json.loads(address.read_bytes())
        assert {"pid", "url"} == set(said)
        assert url == said["url"]
    assert not address.exists()


def test_taken_port_is_said() -> None:
    """A port in use is an error that names it, not a log line and an exit."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PartFailed, match=str(port)):
            refuse_taken_port("127.0.0.1", port)


def test_hostile_text_stays_json() -> None:
    """Half a surrogate pair, NaN and NUL become valid JSON."""
    assert {"a": "\ud800", "b": "\x00"} == json.loads(encode_json({"a": "\ud800", "b": "\x00"}))
    assert [None] == json.loads(encode_json([float("nan")]))


def test_hosts_are_compared_without_port() -> None:
    """Host headers come with ports and, for IPv6, brackets."""
    assert ["localhost", "::1", "::1", "a.b"] == [
        host_name(h) for h in ("LOCALHOST:1", "[::1]:8501", "::1", "a.b:80")
    ]


def test_wildcard_is_opened_through_loopback() -> None:
    """A server on every address is opened on this machine."""
    assert "http://127.0.0.1:8501" == served_url("0.0.0.0", DashboardSettings(Path()).port)
    assert "http://[::1]:1" == served_url("::1", 1)
