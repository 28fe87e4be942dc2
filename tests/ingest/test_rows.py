"""Recorded rows as requests: stored as they are, once, and refused where they cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingest.cases import case_requests
from ingest.files import FileRequest
from ingest.http import ROWS_MEDIA
from ingest.rows import TABLES, count_rows, encode_rows
from spotlight.cli.senders import into_pipeline
from spotlight.errors import BadRequest
from spotlight.model import LOGS, PAYLOADS, SCORES
from spotlight.reports import Reports, open_lake
from tests.rows import START, llm, payload, span, table


def log(**columns: object) -> dict[str, object]:
    """Return the row of a log record."""
    return {"time_ns": START, "received_ns": START, "journal_position": 1, "attributes": "{}",
            "resource": "{}", "body": '"said"', **columns}  # fmt: skip


def score(value: float, position: int) -> dict[str, object]:
    """Return the row of a version of one score."""
    return {"score_id": "s", "target_type": "run", "name": "ok", "value": value, "time_ns": START,
            "received_ns": START, "journal_position": position, "source": "log"}  # fmt: skip


def rows(**tables: list[dict[str, object]]) -> dict[str, pa.Table]:
    """Return rows by table, every table among them."""
    return {t.name: table(tables.get(t.name, []), t) for t in TABLES}


def send(data: Path, *cases: dict[str, pa.Table]) -> Reports:
    """Send the rows of cases through the pipeline of this process, one case after another."""
    for case in cases:
        with into_pipeline(data) as sending:
            for body in case_requests(case):
                sending(FileRequest(data, "rows", "arrow", body))
    return open_lake(data)


def count(reports: Reports, name: str) -> int:
    """Return how many rows a table holds, every version counted."""
    return int(reports._reader.query(f"select count(*) as n from stored_{name}").column("n")[0].as_py())


def test_every_version_of_a_span_comes_back_in_its_order(tmp_path: Path) -> None:
    """Of a span that came three times, all versions are stored and the last one counts, with its content."""
    versions = [llm("a", journal_position=10 * n) | {"name": f"v{n}"} for n in (1, 2, 3)]
    carried = [payload(row, input_messages=str(row["name"])) for row in versions]
    reports = send(tmp_path, rows(spans=versions, payloads=carried))
    assert ["v3"] == reports._reader.query("select name from spans").column("name").to_pylist()
    newest = reports._reader.query("select input_messages from payloads")
    assert (["v3"], 3) == (newest.column("input_messages").to_pylist(), count(reports, "spans"))


def test_rows_that_are_alike_stay_as_many_as_they_were(tmp_path: Path) -> None:
    """Two log records that say the same in one request are two, and the same request again adds none."""
    twice = rows(logs=[log(), log(), log(body='"other"', received_ns=START + 1, journal_position=2)])
    reports = send(tmp_path, twice, twice)
    assert 3 == count(reports, "logs")


def test_the_newest_version_of_a_score_counts(tmp_path: Path) -> None:
    """Versions of one score keep their order."""
    reports = send(tmp_path, rows(scores=[score(1, 1), score(0, 2)]))
    found = reports._reader.query("select value from scores").column("value").to_pylist()
    assert ([0.0], 2) == (found, count(reports, "scores"))


def test_log_records_stay_with_the_steps_made_from_them(tmp_path: Path) -> None:
    """What came in one request has one position afterwards, whichever table it is in."""
    step = span("a", signal="log", journal_position=7)
    reports = send(tmp_path, rows(spans=[span("b"), step], logs=[log(journal_position=7)]))
    found = reports._reader.query(
        "select count(*) as n from logs as l join spans as s using (journal_position) where s.signal = 'log'"
    )
    assert [1] == found.column("n").to_pylist()


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("spans", span("a", kind="virus"), "spans.kind cannot be 'virus'"),
        ("spans", span("a", dialect="tomorrow"), "spans.dialect cannot be 'tomorrow'"),
        ("spans", span("a", attributes="{"), "spans.attributes is not JSON"),
        ("spans", span("a", attributes="[]"), "spans.attributes is no JSON dict"),
        ("spans", span("a", events="[1]"), "spans.events is no list of objects"),
        ("spans", span("a") | {"trace_id": "../../x"}, "spans.trace_id cannot be '../../x'"),
        ("spans", span("a") | {"span_id": None}, "a row of spans has no span_id"),
        ("spans", span("a", cost_reported_usd=float("nan")), "spans.cost_reported_usd cannot be 'nan'"),
        ("spans", span("a", received_ns=5), "spans.received_ns cannot be '5'"),
        ("logs", log(body="x"), "logs.body is not JSON: 'x'"),
    ],
)
def test_what_was_never_recorded_is_refused(name: str, row: dict[str, object], said: str) -> None:
    """A value that the pipeline could not have written is refused, with the value."""
    of = next(t for t in TABLES if t.name == name)
    with pytest.raises(BadRequest, match=said.replace("[", r"\[").replace("{", r"\{")):
        count_rows(encode_rows({name: table([row], of)}), most=10)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff" * 64, encode_rows(rows(spans=[span("a")]))[:-200]],
    ids=["empty", "noise", "cut"],
)  # fmt: skip
def test_bytes_that_are_no_rows_are_refused(body: bytes) -> None:
    """Anything but one batch of our columns is refused."""
    with pytest.raises(BadRequest):
        count_rows(body, most=10)


def test_too_many_rows_are_refused() -> None:
    """A request holds as many rows as one of OTLP may hold items."""
    with pytest.raises(BadRequest, match="holds 3 rows, more than 2"):
        count_rows(encode_rows(rows(spans=[span(n) for n in "abc"])), most=2)


def test_the_collector_takes_rows(start_collector: Any) -> None:
    """POST /v1/rows stores rows and says how many; what is wrong is told with the value."""
    collector = start_collector()
    sent = encode_rows({"spans": table([span("a")]), "payloads": table([], PAYLOADS),
                        "logs": table([log()], LOGS), "scores": table([score(1, 1)], SCORES)})  # fmt: skip
    answer = collector.client.post("/v1/rows", content=sent, headers={"content-type": ROWS_MEDIA})
    assert (200, {"accepted": 3}) == (answer.status_code, answer.json())
    bad = encode_rows({"spans": table([span("a", kind="virus")])})
    refused = collector.client.post("/v1/rows", content=bad, headers={"content-type": ROWS_MEDIA})
    assert (400, True) == (refused.status_code, "virus" in refused.text)
    assert 415 == collector.client.post("/v1/rows", json={}).status_code
