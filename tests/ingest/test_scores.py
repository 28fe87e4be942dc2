"""Judgements in telemetry: log events, span events, attributes of spans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.files import FileRequest
from spotlight.cli.senders import into_pipeline
from spotlight.reports import Reports, open_lake
from tests.command import spotlight, spotlight_json

TRACE, SPAN, PARENT = bytes(range(16)), bytes(range(1, 9)), bytes(range(2, 10))
AT = 1_780_000_000_000_000_000
EVENT = "gen_ai.evaluation.result"


def put(attributes: Any, **values: str | float | bool) -> None:
    """Append attributes; two underscores in a name stand for a dot."""
    for name, value in values.items():
        kind = {bool: "bool_value", float: "double_value", str: "string_value"}[type(value)]
        attributes.add(key=name.replace("__", ".")).value.CopyFrom(AnyValue(**{kind: value}))  # type: ignore[arg-type]


def span(events: list[dict[str, Any]] | None = None, **attributes: str | float | bool) -> bytes:
    """Return a request with one model call."""
    request = ExportTraceServiceRequest()
    made = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=TRACE, span_id=SPAN, name="chat", start_time_unix_nano=AT, end_time_unix_nano=AT + 10**9
        )
    )
    put(made.attributes, gen_ai__operation__name="chat", gen_ai__response__id="resp-1", session__id="s-1")
    put(made.attributes, **attributes)
    for said in events or []:
        put(made.events.add(name=EVENT, time_unix_nano=AT + 5).attributes, **said)
    return request.SerializeToString()


def log(trace: bytes = b"", span_id: bytes = b"", **attributes: str | float | bool) -> bytes:
    """Return a request with one evaluation event."""
    request = ExportLogsServiceRequest()
    made = (
        request.resource_logs.add()
        .scope_logs.add()
        .log_records.add(event_name=EVENT, time_unix_nano=AT + 7, trace_id=trace, span_id=span_id)
    )
    put(made.attributes, **attributes)
    return request.SerializeToString()


def stored(data: Path, traces: list[bytes], logs: list[bytes]) -> Reports:
    """Return the lake after these requests."""
    with into_pipeline(data) as send:
        for signal, bodies in (("traces", traces), ("logs", logs)):
            for body in bodies:
                send(FileRequest(data, signal, "protobuf", body))
    return open_lake(data)


def scores(reports: Reports, columns: str) -> list[tuple[Any, ...]]:
    """Return columns of all scores, by name."""
    found = reports.answer(f"select {columns} from scores order by name", {})
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


NAME = {"gen_ai__evaluation__name": "relevance"}


def test_a_log_event_is_a_score_of_its_span(tmp_path: Path) -> None:
    """Number, label, explanation and time are those of the event."""
    said = {"gen_ai__evaluation__score__value": 0.5, "gen_ai__evaluation__score__label": "so so",
            "gen_ai__evaluation__explanation": "half of it"}  # fmt: skip
    reports = stored(tmp_path, [], [log(TRACE, SPAN, **NAME, **said)])
    columns = "target_type, trace_id, span_id, value, label, explanation, time_ns, source"
    assert [("span", TRACE.hex(), SPAN.hex(), 0.5, "so so", "half of it", AT + 7, "log")] == scores(
        reports, columns
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"gen_ai__response__id": "resp-1"}, ("response", None, "resp-1")),
        ({"gen_ai__conversation__id": "s-1"}, ("session", "s-1", None)),
        ({"spotlight__score__target": "run", "session__id": "s-1"}, ("run", "s-1", None)),
        ({"spotlight__score__target": "moon"}, (None, None, None)),
    ],
)
def test_what_is_judged_is_what_is_named(
    tmp_path: Path, said: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """Without a span it is the response, else the session; a score may say it itself."""
    reports = stored(tmp_path, [], [log(**NAME, **said)])
    assert [expected] == scores(reports, "target_type, session_id, response_id")


def test_a_span_event_is_a_score_of_its_span(tmp_path: Path) -> None:
    """Several events of a span are several scores; one without a name is none."""
    events = [{**NAME, "gen_ai__evaluation__score": 1.0}, {"gen_ai__evaluation__name": "tone"}, {}]
    reports = stored(tmp_path, [span(events)], [])
    assert [
        ("relevance", 1.0, "span", "s-1", AT + 5, "span_event"),
        ("tone", None, "span", "s-1", AT + 5, "span_event"),
    ] == (scores(reports, "name, value, target_type, session_id, time_ns, source"))


def test_openinference_annotations_are_scores(tmp_path: Path) -> None:
    """Of the span, and with their prefixes of its trace and its session."""
    reports = stored(tmp_path, [span(
        annotations__0__annotation__name="ok", annotations__0__annotation__score=1.0,
        annotations__0__annotation__annotator_kind="HUMAN",
        annotations__0__annotation__metadata='{"by": "mo"}',
        trace__evaluations__0__evaluation__name="solved", trace__evaluations__0__evaluation__label="yes",
        session__evaluations__3__evaluation__name="warmth", session__evaluations__3__evaluation__score=0.25,
    )], [])  # fmt: skip
    assert [
        ("ok", "span", SPAN.hex(), 1.0, None, "human", '{"by": "mo"}'),
        ("solved", "trace", None, None, "yes", None, None),
        ("warmth", "session", None, 0.25, None, None, None),
    ] == scores(reports, "name, target_type, span_id, value, label, annotator, metadata")


def test_a_score_that_is_sent_again_counts_once(tmp_path: Path) -> None:
    """By what it says, in whatever request; by its id, the later version is the one that counts."""
    once = log(TRACE, SPAN, **NAME, gen_ai__evaluation__score__value=1.0)
    again = log(TRACE, SPAN, **NAME, gen_ai__evaluation__score__value=1.0, other="x")
    named = {"gen_ai__evaluation__name": "taste", "spotlight__score__id": "t-1"}
    versions = [log(TRACE, gen_ai__evaluation__score__value=v, **named) for v in (0.0, 0.75)]
    reports = stored(tmp_path, [], [once, once, again, *versions])
    assert [("relevance", 1.0), ("taste", 0.75)] == scores(reports, "name, value")


def test_values_that_are_no_numbers(tmp_path: Path) -> None:
    """Booleans are 1 and 0, numbers in text are numbers, other text is a label."""
    sent = {"a": True, "b": "0.5", "c": "fine", "d": float("nan")}
    bodies = [
        log(TRACE, gen_ai__evaluation__name=n, gen_ai__evaluation__score__value=v) for n, v in sent.items()
    ]
    reports = stored(tmp_path, [], bodies)
    assert [("a", 1.0, None), ("b", 0.5, None), ("c", None, "fine")] == scores(reports, "name, value, label")[
        :3
    ]
    assert [None] == [value for name, value in scores(reports, "name, value") if name == "d"]


def test_show_names_every_judgement(tmp_path: Path) -> None:
    """Of the run, its span, its response and its session, as lines and in JSON."""
    logs = [
        log(TRACE, gen_ai__evaluation__name="reward", spotlight__score__target="run",
            gen_ai__evaluation__score__value=0.5, spotlight__score__annotator="code"),
        log(TRACE, SPAN, gen_ai__evaluation__name="tone", gen_ai__evaluation__score__label="dry\x1b[31m"),
        log(gen_ai__evaluation__name="cited", gen_ai__response__id="resp-1"),
        log(gen_ai__evaluation__name="mood", session__id="s-1"),
        log(gen_ai__evaluation__name="other", session__id="s-2"),
    ]  # fmt: skip
    stored(tmp_path, [span()], logs)
    shown = spotlight("show", TRACE.hex(), "--data", tmp_path).stdout
    lines = [line for line in shown.splitlines() if line.startswith("score ")]
    assert ["cited", "mood", "reward", "tone"] == sorted(line.split()[1] for line in lines)
    assert ("\x1b" not in shown, "score reward  0.5  by code" in shown) == (True, True)
    document = spotlight_json("show", TRACE.hex(), "--data", tmp_path)
    assert {"cited", "mood", "reward", "tone"} == {score["name"] for score in document["scores"]}
    assert json.dumps(document["scores"])


def test_a_judgement_of_no_possible_time_is_of_its_spans_time(tmp_path: Path) -> None:
    """A time beyond the year 2262 neither loses the score nor stops the writer."""
    request = ExportTraceServiceRequest.FromString(span(events=[{"gen_ai__evaluation__name": "fit"}]))
    request.resource_spans[0].scope_spans[0].spans[0].events[0].time_unix_nano = 2**64 - 1
    reports = stored(tmp_path, [request.SerializeToString()], [])
    found = reports.answer("select name, time_ns from scores", {}).to_pylist()
    assert [{"name": "fit", "time_ns": AT}] == found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"genkit:metadata:feedbackValue": "positive", "genkit:metadata:textFeedback": "quick"},
         ("user_feedback", "trace", None, None, "positive", "quick", "human")),
        ({"genkit:metadata:acceptanceValue": "rejected"},
         ("acceptance", "trace", None, None, "rejected", None, "human")),
        ({"logfire.feedback.name": "factuality", "factuality": 0.25, "logfire.feedback.comment": "it lied"},
         ("factuality", "span", PARENT.hex(), 0.25, None, "it lied", None)),
    ],
    ids=["genkit feedback", "genkit acceptance", "logfire annotation"],
)  # fmt: skip
def test_spans_in_words_of_single_clients_are_scores(
    tmp_path: Path, said: dict[str, str | float | bool], expected: tuple[Any, ...]
) -> None:
    """Genkit's engagement spans judge their trace, Logfire's annotations the span above."""
    request = ExportTraceServiceRequest()
    made = request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=TRACE, span_id=SPAN, parent_span_id=PARENT, name="note", start_time_unix_nano=AT,
        end_time_unix_nano=AT,
    )  # fmt: skip
    put(made.attributes, **said)
    reports = stored(tmp_path, [request.SerializeToString()], [])
    columns = "name, target_type, span_id, value, label, explanation, annotator"
    assert [expected] == scores(reports, columns)


@pytest.mark.parametrize(
    ("event", "said", "expected"),
    [
        ("copilot_chat.user.feedback", {"rating": "negative", "conversation_id": "c-1"},
         [("user_feedback", "session", "c-1", None, "negative")]),
        ("copilot_chat.inline.done", {"accepted": True, "session.id": "w-1"},
         [("acceptance", "session", "w-1", 1.0, None)]),
        ("claude_code.feedback_survey", {"event_type": "responded", "response": "good", "session.id": "s-1"},
         [("user_feedback", "session", "s-1", None, "good")]),
        ("claude_code.feedback_survey", {"event_type": "appeared", "session.id": "s-1"}, []),
    ],
    ids=["vote", "inline edit", "survey answered", "survey shown"],
)  # fmt: skip
def test_feedback_in_log_events_of_coding_agents_is_a_score(
    tmp_path: Path, event: str, said: dict[str, str | float | bool], expected: list[tuple[Any, ...]]
) -> None:
    """A user's word on a session; that a question was shown is none."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=AT)
    put(record.attributes, **{"event.name": event, **said})
    reports = stored(tmp_path, [], [request.SerializeToString()])
    assert expected == scores(reports, "name, target_type, session_id, value, label")
