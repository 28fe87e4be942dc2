"""What dialects may declare, read by the pivot: names, literals, services, failures, meanings of usage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest.literals import parse, parse_literal
from tests.ingest.comparison import assert_as_reference, rows_of
from tests.ingest.otlp import STARTED_NS, request

USAGE = "langfuse.observation.usage_details"


def row(attributes: dict[str, Any], **of: Any) -> dict[str, Any]:
    """Return the one row of a span, which the slow reader reads alike."""
    body = request(attributes, **of)
    assert_as_reference([body])
    return rows_of(body)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"\\"v1\\""', "v1"),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"\\"{\\\\\\"a\\\\\\": 1}\\""', {"a": 1}),
        ("\"{'a': None, 'b': (1, True)}\"", {"a": None, "b": [1, True]}),
        ('"[1, 2"', None),
        ("\"__import__('os').getcwd()\"", None),
        ("\"{'a': open('x')}\"", None),
        ('"{1, 2}"', None),
        ("5", 5),
    ],
)
def test_text_is_read_as_json_and_as_literals(text: str, expected: object) -> None:
    """JSON within JSON is decoded once more; a Python literal is read, and nothing is evaluated."""
    assert expected == parse(text, python=True)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "{'a': " * 3000 + "1",
        "-" * 60_000,
        "{'a': " + "9" * 6000 + "}",
        "['\ud800']",
        "{b'a': 1}",
    ],
)
def test_hostile_literals_do_no_harm(text: str) -> None:
    """Deep, long or odd literals give a value or nothing, never an error."""
    assert parse_literal(text) is None or isinstance(parse_literal(text), list | dict)


def test_what_is_inside_a_dictionary_text_is_found() -> None:
    """LiteLLM sends who asked, and the cache, as str() of Python dictionaries."""
    usage = "{'prompt_tokens_details': {'cached_tokens': 7, 'audio_tokens': None}}"
    asked = "{'session_id': 'chat-7', 'note': \"it's\"}"
    found = row({"metadata.usage_object": usage, "metadata.requester_metadata": asked}, scope="litellm")
    assert (7, None, "chat-7") == tuple(
        found[name] for name in ("cache_read_tokens", "audio_input_tokens", "session_id")
    )


@pytest.mark.parametrize(
    ("sent", "expected"), [('"v1"', "v1"), ("v1", "v1"), ("1.10", "1.10"), ('"1.10"', "1.10")]
)
def test_a_quoted_word_is_unquoted_and_a_number_stays_as_written(sent: str, expected: str) -> None:
    """MLflow quotes every text; a version that looks like a number is no number."""
    assert expected == row({"mlflow.traceTag.pack_version": sent}, scope="mlflow")["pack_version"]


def test_items_of_lists_are_found_by_their_place() -> None:
    """The first of MLflow's linked prompts is the prompt."""
    prompts = json.dumps([{"name": "renewal", "version": "3"}])
    found = row({"mlflow.linkedPrompts": prompts}, scope="mlflow")
    assert ("renewal", "3") == (found["prompt_name"], found["prompt_version"])


def test_a_name_is_the_weakest_source() -> None:
    """A tool's span names the tool only where no attribute does, and stays whole."""
    kind = {"lmnr.span.type": "TOOL"}
    named = row(kind, scope="lmnr.tracer", name="send_email")
    told = row({**kind, "gen_ai.tool.name": "mail"}, scope="lmnr.tracer", name="send_email")
    assert [("send_email", "send_email"), ("mail", "send_email")] == [
        (found["tool_name"], found["name"]) for found in (named, told)
    ]


@pytest.mark.parametrize(
    ("scope", "service", "keys", "expected"),
    [
        ("", "codex_cli_rs", {}, "codex"),
        ("my.app", "claude-code", {}, "claude_code"),
        ("ai", "claude-code", {}, "vercel_ai"),
        ("", "claude-coder", {}, "unknown"),
        ("", "gemini-cli", {"traceloop.span.kind": "tool"}, "gemini_cli"),
        ("", "renewal", {"traceloop.span.kind": "tool"}, "openllmetry"),
        ("ai-agent", "renewal", {}, "unknown"),
    ],
)
def test_the_service_is_asked_after_the_scope_and_before_the_keys(
    scope: str, service: str, keys: dict[str, str], expected: str
) -> None:
    """service.name tells the client where no dialect knows the scope."""
    assert expected == row(keys, scope=scope, resource={"service.name": service})["dialect"]


@pytest.mark.parametrize(
    ("result", "outcome", "expected"),
    [
        ("Process exited with code 1", "true", True),
        ("Process exited with code 0", "true", False),
        ("Process exited with code 0", None, None),
        ("Process exited with code 1", None, True),
        (None, "false", True),
    ],
)
def test_a_result_that_tells_of_a_failure_is_one(
    result: str | None, outcome: str | None, expected: bool | None
) -> None:
    """Codex calls a command that failed a success; what it printed is believed."""
    sent = {"codex.tool.phase": "dispatch", "output": result, "success": outcome}
    assert expected == row({k: v for k, v in sent.items() if v}, scope="codex_otel")["tool_failed"]


@pytest.mark.parametrize(
    "withheld", ["[Scrubbed due to 'session']", "<REDACTED>", "[REDACTED]", "__REDACTED__"]
)
def test_a_marker_names_no_session(withheld: str) -> None:
    """A withheld value leaves the column open and stays among the attributes."""
    found = row({"session_id": withheld, "user_id": "u", "logfire.msg": "x"}, scope="logfire")
    assert (None, "u", withheld) == (
        found["session_id"],
        found["user_id"],
        json.loads(found["attributes"])["session_id"],
    )


def test_an_announced_span_is_no_step() -> None:
    """Logfire's pending_span is nothing in any dialect; the user's own word on the kind is stronger."""
    pending = {"logfire.span_type": "pending_span", "gen_ai.operation.name": "chat"}
    kinds = [row(sent)["kind"] for sent in (pending, {**pending, "spotlight.kind": "llm"})]
    assert ["other", "llm"] == kinds


def test_a_streamed_call_is_the_log_that_has_its_answer() -> None:
    """Logfire's request of a streamed call is no call; one that failed, or has its answer, is."""
    chat: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "request_data": '{"model":"m"}',
    }
    answered = {"gen_ai.output.messages": "[]"}
    sent = [chat, {**chat, **answered}, {**chat, "logfire.level_num": 17}]
    assert ["http", "llm", "llm"] == [row(a, scope="logfire.openai")["kind"] for a in sent]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 200, "input_cache_read": 100, "output": 5}, ("exclusive", 5)),
        ({"input": 200, "output": 5, "output_reasoning_tokens": 3}, ("exclusive", 8)),
        ({"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 5}, ("exclusive", 5)),
        (
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 5,
             "total_tokens": 14},
            ("inclusive", 5),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3},
             "total_tokens": 14},
            ("inclusive", 5),
        ),
    ],
)  # fmt: skip
def test_usage_means_what_its_words_mean(usage: dict[str, Any], expected: tuple[str, int]) -> None:
    """Langfuse's own words are disjoint buckets, a provider's words are the provider's."""
    found = row({"langfuse.observation.type": "generation", USAGE: json.dumps(usage)}, scope="langfuse-sdk")
    assert expected == (found["usage_basis"], found["output_tokens"])


@pytest.mark.parametrize(
    ("provider", "more", "expected"),
    [
        ("anthropic.messages", {}, "exclusive"),
        ("amazon-bedrock", {}, "exclusive"),
        ("openai.chat", {}, "inclusive"),
        ("anthropic.messages", {"ai.usage.inputTokenDetails.cacheReadTokens": 3}, "inclusive"),
    ],
)
def test_input_of_the_ai_sdk_excludes_the_cache_up_to_five(
    provider: str, more: dict[str, int], expected: str
) -> None:
    """Anthropic's input stands beside the cache until the SDK reports details of input."""
    sent = {"ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": provider,
            "ai.usage.inputTokens": 9, "ai.usage.cachedInputTokens": 3}  # fmt: skip
    assert expected == row({**sent, **more}, scope="ai")["usage_basis"]


@pytest.mark.parametrize(
    ("reasoning", "total", "expected"),
    [(3, None, 5), (3, 18, 8), (3, 15, 5), (7, None, 12), (None, 18, 5), (2**62, None, 5)],
)
def test_reasoning_beside_the_output_is_added(
    reasoning: int | None, total: int | None, expected: int
) -> None:
    """More reasoning than output, or a total of all three, shows that output leaves reasoning out."""
    keys = {"reasoning.output_tokens": reasoning, "total_tokens": total}
    sent = {f"gen_ai.usage.{key}": count for key, count in keys.items() if count is not None}
    found = row({"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5, **sent})
    assert expected == found["output_tokens"]
    kept = json.loads(found["attributes"]).get("gen_ai.usage.output_tokens")
    assert (None if expected == 5 else 5) == kept


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-20T23:51:30.250Z", 250.0),
        ('"2026-11-20T23:51:30.250000+00:00"', 250.0),
        ("2026-11-20T23:51:30.250", 250.0),
        ("2026-11-20T23:51:29Z", None),
        ("soon", None),
        ("0000-00-00", None),
    ],
)
def test_the_moment_of_the_first_token_gives_its_delay(moment: str, expected: float | None) -> None:
    """A time after the start is a delay in ms; any other text says nothing."""

    def edit(span: Span) -> None:
        span.start_time_unix_nano = 1_795_218_690 * 10**9

    assert 1_795_218_690 * 10**9 == STARTED_NS
    sent = {"langfuse.observation.completion_start_time": moment}
    assert expected == row(sent, scope="langfuse-sdk", edit=edit)["ttft_ms"]


@pytest.mark.parametrize(("scope", "expected"), [("autogen", ["03" * 16, "04" * 16]), ("litellm", None)])
def test_linked_traces_are_kept_where_links_make_a_run(scope: str, expected: list[str] | None) -> None:
    """Other traces that links name, each once and sorted; not the span's own, and no odd ids."""

    def edit(span: Span) -> None:
        for trace in (b"\4", b"\3", b"\4", b"\1"):
            span.links.add(trace_id=trace * 16, span_id=b"\2" * 8)
        span.links.add(trace_id=b"short")

    assert expected == row({}, scope=scope, edit=edit)["linked_traces"]


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("execute_tool (merged)", {}, ("other", "pseudo")),
        ("execute_tool (merged)", {"spotlight.kind": "tool"}, ("tool", "spotlight.kind")),
        ("execute_tool send_email", {}, ("tool", "gen_ai.operation.name")),
    ],
)
def test_a_pseudo_span_is_no_step(name: str, more: dict[str, str], expected: tuple[str, str]) -> None:
    """ADK repeats the results of parallel tools in a span that called none."""
    sent = {"gen_ai.operation.name": "execute_tool", **more}
    found = row(sent, scope="gcp.vertex.agent", name=name)
    assert expected == (found["kind"], found["kind_source"])
