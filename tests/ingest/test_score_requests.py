"""Scores as JSON: POST /v1/scores on a running collector, and the command that sends one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.score_requests import MOST_SCORES, encode_scores, read_score_request
from spotlight.cli.score import send_score
from spotlight.errors import BadRequest
from spotlight.reports import Reports, open_lake
from tests.command import spotlight, spotlight_json
from tests.loading import selected
from tests.made_lake import made_lake, run
from tests.rows import span, span_id, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
DEEP = b'{"a":' * 500 + b"1" + b"}" * 500
COLUMNS = (
    "target_type, trace_id, span_id, session_id, response_id, name, value, label, explanation, annotator, "
    "evaluator, evaluator_version, metadata, time_ns, score_id, source"
)


def stored(reports: Reports) -> list[dict[str, Any]]:
    """Return all scores, by name."""
    return selected(reports, f"select {COLUMNS} from scores order by name")


def test_every_field_is_stored(tmp_path: Path) -> None:
    """What is sent stands in the columns of the same names; a time is kept to the microsecond."""
    said = {
        "span_id": SPAN.upper(), "trace_id": TRACE, "name": "user_feedback", "value": True,
        "label": "thumbs_up", "explanation": "saved me an hour", "annotator": "human", "evaluator": "jo",
        "evaluator_version": "2", "metadata": {"page": 3}, "time": "2026-11-20T10:00:00.000001+01:00",
        "id": "s-1",
    }  # fmt: skip
    sent = send_score(tmp_path, said)
    expected = {
        "target_type": "span", "trace_id": TRACE, "span_id": SPAN, "session_id": None, "response_id": None,
        "name": "user_feedback", "value": 1.0, "label": "thumbs_up", "explanation": "saved me an hour",
        "annotator": "human", "evaluator": "jo", "evaluator_version": "2", "metadata": '{"page":3}',
        "time_ns": 1_795_165_200_000_001_000, "score_id": "s-1", "source": "log",
    }  # fmt: skip
    assert ("s-1", [expected]) == (sent, stored(open_lake(tmp_path)))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"run_id": TRACE}, ("run", TRACE, None, None, None)),
        ({"run_id": f"{TRACE}-{SPAN}"}, ("run", TRACE, SPAN, None, None)),
        ({"trace_id": TRACE}, ("trace", TRACE, None, None, None)),
        ({"span_id": SPAN}, ("span", None, SPAN, None, None)),
        ({"session_id": "chat 7 ✓"}, ("session", None, None, "chat 7 ✓", None)),
        ({"response_id": "resp_1"}, ("response", None, None, None, "resp_1")),
    ],
    ids=["run", "later run of a trace", "trace", "span", "session", "response"],
)
def test_whatever_is_named_is_judged(
    tmp_path: Path, target: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """A run, a trace, a span without its trace, a session, a response."""
    send_score(tmp_path, target | {"name": "taste", "label": "sweet"})
    (row,) = stored(open_lake(tmp_path))
    columns = ("target_type", "trace_id", "span_id", "session_id", "response_id")
    assert expected == tuple(row[column] for column in columns)


def test_a_score_that_is_sent_again_counts_once(tmp_path: Path) -> None:
    """Without an id by all that it says, with one the later version replaces the earlier."""
    for value in (0.5, 0.5, 0.75):
        send_score(tmp_path, {"run_id": TRACE, "name": "b", "value": value})
        send_score(tmp_path, {"run_id": TRACE, "name": "a", "value": value, "id": "mine"})
    found = sorted((row["name"], row["value"]) for row in stored(open_lake(tmp_path)))
    assert [("a", 0.75), ("b", 0.5), ("b", 0.75)] == found


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "the body is not JSON"),
        (b"[]", "the list of scores is empty"),
        (b"7", "score 1 is no JSON object"),
        (b"{}", "score 1: name: Field required"),
        (b'{"name": "a", "value": 1}', "name one thing that is judged"),
        (b'{"name": "a", "value": 1, "run_id": "x", "session_id": "y"}', "not run_id, session_id"),
        (b'{"name": "a", "value": 1, "run_id": "4bf92f35"}', "run_id is not the whole id"),
        (b'{"name": "a", "value": 1, "trace_id": "xyz"}', "score 1: trace_id:"),
        (b'{"name": "a", "session_id": "y"}', "a value or a label is needed"),
        (b'{"name": "a", "value": "1", "session_id": "y"}', "score 1: value"),
        (b'{"name": "a", "value": 1, "session_id": "y", "annotator": "cat"}', "score 1: annotator:"),
        (b'{"name": "a", "value": 1, "session_id": "y", "time": "2026-11-20T10:00:00"}', "score 1: time:"),
        (
            b'{"name": "a", "value": 1, "session_id": "y", "time": "3000-01-01T00:00:00Z"}',
            "between the years",
        ),
        (b'{"name": "a", "value": 1, "session_id": "y", "time": "1970-01-01T00:00:00+14:00"}', "the years"),
        (b'{"name": "a", "value": 1e999, "session_id": "y"}', "the body is not JSON"),
        (b'{"name": "a", "value": 1, "session_id": "y", "metadata": ' + DEEP + b"}", "nests too deep"),
        (
            b'{"name": "a", "value": 1, "session_id": "y", "metadata": {"a": "' + b"x" * 70_000 + b'"}}',
            "metadata: is larger than",
        ),
        (b'{"name": "a", "value": 1, "session_id": "y", "colour": 1}', "score 1: colour: Extra inputs"),
        (b'[{"name": "a", "label": "x", "session_id": "y"}, {"name": ""}]', "score 2: name:"),
        (json.dumps([{}] * (MOST_SCORES + 1)).encode(), f"more than {MOST_SCORES} in one request"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:30],
)
def test_what_cannot_be_is_refused_with_its_place(body: bytes, said: str) -> None:
    """The message names the score, the field and what is wrong."""
    with pytest.raises(BadRequest) as refused:
        read_score_request(body)
    assert said in str(refused.value)


def test_the_same_scores_are_the_same_bytes() -> None:
    """Nothing but the time of arrival differs between two readings of one body."""
    body = b'{"name": "a", "value": 1, "session_id": "y", "metadata": {"b": 1, "a": 2}}'
    assert encode_scores(read_score_request(body), 5) == encode_scores(read_score_request(body), 5)


def test_the_collector_takes_scores(start_collector: Any) -> None:
    """One or a list is journaled before it is answered; what is refused is 400 and counted."""
    collector = start_collector()
    good = [{"run_id": TRACE, "name": "ok", "value": n} for n in (0, 1)]
    answer = collector.client.post("/v1/scores", json=good)
    assert (200, 2) == (answer.status_code, answer.json()["accepted"])
    assert 2 == len(set(answer.json()["score_ids"]))
    assert int(answer.headers["x-spotlight-position"]) > 0
    assert ["logs"] == [record.signal for record in collector.records()]
    refused = collector.client.post("/v1/scores", json={"name": "ok"})
    assert (400, True) == (refused.status_code, "name one thing" in refused.json()["message"])
    wrong = collector.client.post("/v1/scores", content=b"x", headers={"content-type": "text/plain"})
    assert 415 == wrong.status_code
    lost = {(entry["signal"], entry["reason"]) for entry in collector.client.get("/status").json()["lost"]}
    assert {("scores", "malformed"), ("scores", "bad_media")} == lost


def test_the_command_finds_what_is_judged(tmp_path: Path) -> None:
    """The beginning of a run's id, a span's id, a session; what is not there is said."""
    made_lake(
        tmp_path, runs=[run("a", session_id="chat-1")], spans=[span("s", trace="a", session_id="chat-1")]
    )
    beginning = trace_id("a")[:10]
    judged = spotlight_json(
        "score", beginning, "--name", "task_success", "--value", "yes", "--by", "jo", "--data", tmp_path
    )
    assert (trace_id("a"), 1.0, "human") == (judged["run_id"], judged["value"], judged["annotator"])
    spotlight("score", span_id("s"), "--name", "tone", "--label", "dry", "--data", tmp_path)
    spotlight("score", "chat-1", "--name", "mood", "--value", "0.5", "--data", tmp_path)
    spotlight("score", "not-yet", "--of", "session", "--name", "zest", "--value", "1", "--data", tmp_path)
    found = [(row["name"], row["target_type"], row["value"]) for row in stored(open_lake(tmp_path))]
    assert [
        ("mood", "session", 0.5), ("task_success", "run", 1.0), ("tone", "span", None),
        ("zest", "session", 1.0),
    ] == found  # fmt: skip
    missing = spotlight("score", "nope", "--name", "x", "--value", "1", "--data", tmp_path, check=False)
    assert (1, True) == (missing.returncode, "no run, span or session 'nope'" in missing.stderr)


def test_a_score_may_come_before_its_span(tmp_path: Path) -> None:
    """It is stored at once and joined to its run when that is there."""
    send_score(tmp_path, {"run_id": trace_id("a"), "name": "task_success", "value": 1})
    before = open_lake(tmp_path).ask("unjoined_scores", {}).to_pylist()
    after = made_lake(tmp_path, runs=[run("a")]).ask("unjoined_scores", {}).to_pylist()
    assert ([{"scores": 1}], [{"scores": 0}]) == (before, after)
