"""What is odd about a source, in plain words, and what to do about it: one table.

A hint shows where its `part` (a count of the source) is not 0 and at least `least` of its `whole`.
Texts and advice are ours; nothing a client sent is in them but counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

PROBLEM: Final = "problem"
NOTE: Final = "note"


class Hint(NamedTuple):
    """One hint; its text names `{n}`, the part, and `{of}`, the whole."""

    part: str
    level: str
    text: str
    advice: str
    whole: str | None = None
    least: float = 0.0


HINTS: Final = (
    Hint(
        "unknown_service",
        PROBLEM,
        "service.name is unknown_service or missing: its runs cannot be told from those of others.",
        "Set OTEL_SERVICE_NAME.",
    ),
    Hint(
        "metrics_only",
        NOTE,
        "The service sends metrics only: they are kept, but make no runs.",
        "Switch on its traces or logs: OTEL_TRACES_EXPORTER=otlp, OTEL_LOGS_EXPORTER=otlp.",
    ),
    Hint(
        "logs_only",
        NOTE,
        "The service sends no traces: steps are made from its log records.",
        "Switch on its traces where it has them: they tell more exactly what ran inside what.",
    ),
    Hint(
        "unknown_items",
        NOTE,
        "No vocabulary knows {n} of {of} items: kept whole, and what they mean is not known.",
        "Nothing to do where it is no agent library. Else add a dialect: docs/dialects.md.",
        "items",
    ),
    Hint(
        "dropped_attributes",
        PROBLEM,
        "The client's limit dropped {n} attributes.",
        "Raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT (128 by default), for logs "
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT.",
    ),
    Hint(
        "dropped_events",
        PROBLEM,
        "The client's limit dropped events of {n} spans.",
        "Raise OTEL_SPAN_EVENT_COUNT_LIMIT (128 by default).",
    ),
    Hint(
        "dropped_links",
        PROBLEM,
        "The client's limit dropped links of {n} spans.",
        "Raise OTEL_SPAN_LINK_COUNT_LIMIT (128 by default).",
    ),
    Hint(
        "truncated_values",
        PROBLEM,
        "Cut before sending: {n} texts. Such calls cannot be replayed exactly.",
        "Raise or unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT and the "
        "client's own limit on content.",
    ),
    Hint(
        "bad_json",
        PROBLEM,
        "Begins like JSON and does not parse: {n} texts, shown as text.",
        "Cut texts are counted here too. Else send JSON, not the language's own notation of an object.",
    ),
    Hint(
        "calls_without_content",
        NOTE,
        "Content was not captured for {n} of {of} model calls.",
        "Switch it on in the client.",
        "calls",
    ),
    Hint(
        "streamed_without_usage",
        PROBLEM,
        "Usage missing on {n} streamed calls: their tokens are unknown.",
        'Ask for it: stream_options={"include_usage": true}.',
    ),
    Hint(
        "calls_without_usage",
        PROBLEM,
        "No tokens reported on {n} of {of} model calls: unknown, not 0.",
        "Where they are streamed, ask for include_usage; else update the instrumentation.",
        "calls",
    ),
    Hint(
        "exclusive_usage",
        NOTE,
        "Input tokens exclude cache in {n} spans: cache tokens are added.",
        "Nothing to do.",
    ),
    Hint(
        "usage_assumed",
        NOTE,
        "Whether input tokens contain the cache is not told in {n} spans: taken to.",
        "Update the instrumentation to semantic conventions 1.40 or later, where they do.",
    ),
    Hint(
        "usage_conflict",
        PROBLEM,
        "More cache than input, against the convention, in {n} spans: the parts are added.",
        "Report it to the instrumentation's authors; `spotlight show RUN --usage` has the numbers.",
    ),
    Hint(
        "repeated_usage",
        NOTE,
        "Agent spans repeat the usage of the calls below them ({n} spans): counted once.",
        "Nothing to do.",
    ),
    Hint(
        "told_twice",
        NOTE,
        "Reported by two instrumentations: {n} model calls, counted once.",
        "Switch one of them off to send half as much.",
    ),
    Hint(
        "traces_session_on_root_only",
        NOTE,
        "Session id only on the root in {n} of {of} traces: propagated.",
        "Nothing to do.",
        "traces",
    ),
    Hint(
        "traces_session_on_some",
        NOTE,
        "Session id on some spans only in {n} of {of} traces: propagated.",
        "Nothing to do.",
        "traces",
    ),
    Hint(
        "traces_session_elsewhere",
        NOTE,
        "Other sources name the session in {n} of {of} traces: taken from there.",
        "Nothing to do.",
        "traces",
    ),
    Hint(
        "sessions_on_resource",
        NOTE,
        "Session id only on the resource in {n} of {of} runs: all runs of a process share it.",
        "Nothing to do where a process is one conversation; else set session.id on the root span.",
        "runs",
    ),
    Hint(
        "runs_without_session",
        PROBLEM,
        "No session in {n} of {of} runs: they belong to no conversation.",
        "Set session.id or gen_ai.conversation.id on the root span.",
        "runs",
    ),
    Hint(
        "runs_without_version",
        NOTE,
        "No pack version on {n} of {of} runs: versions cannot be compared.",
        "Set spotlight.pack.version, for example in OTEL_RESOURCE_ATTRIBUTES.",
        "runs",
    ),
    Hint(
        "drifting_runs",
        PROBLEM,
        "Same version, different content in {n} of {of} runs: instructions, tools or model differ.",
        "Change spotlight.pack.version with every change of what is deployed.",
        "runs",
    ),
    Hint(
        "incomplete_runs",
        PROBLEM,
        "The root of {n} of {of} runs never arrived: killed, or still running.",
        "Flush at exit: call shutdown() of the tracer provider.",
        "runs",
    ),
    Hint(
        "resent",
        NOTE,
        "Sent again with the same content: {n} spans, stored once.",
        "Nothing to do. Where they are many, acknowledgements get lost: look at the exporter's timeout.",
    ),
    Hint(
        "replaced",
        NOTE,
        "Sent again with other content: {n} spans, the newest counts.",
        "Nothing to do.",
    ),
    Hint(
        "clock_skew",
        PROBLEM,
        "Clock skew: times out of all reason in {n} spans, filed under the day they arrived.",
        "Set the clock of the sending machine; times are ns since 1970 UTC.",
    ),
    Hint(
        "no_start",
        PROBLEM,
        "No start time in {n} spans.",
        "Report it to the instrumentation's authors.",
    ),
    Hint(
        "end_before_start",
        PROBLEM,
        "End before the start in {n} spans: shown with a duration of 0.",
        "Use one clock for both times, or report it to the instrumentation's authors.",
    ),
    Hint(
        "duplicate_attributes",
        NOTE,
        "An attribute twice in {n} spans: the last one counts.",
        "Report it to the instrumentation's authors.",
    ),
    Hint(
        "bad_id",
        PROBLEM,
        "No valid trace id or span id in {n} spans: they belong to no run.",
        "Trace ids are 16 bytes, span ids 8, not all zero.",
    ),
    Hint(
        "resource_not_repeated",
        NOTE,
        "The resource of {n} spans is so large that it is stored once per request.",
        "Send less in resource attributes.",
    ),
)  # fmt: skip

# How clients are told to send content, by dialect. Source: their documentation.
CONTENT_SETTINGS: Final[Mapping[str, str]] = {
    "otel_genai": "Set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY and "
    "OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental (older ones: ..._CONTENT=true).",
    "openllmetry": "Set TRACELOOP_TRACE_CONTENT=true.",
    "openinference": "Unset OPENINFERENCE_HIDE_INPUTS and OPENINFERENCE_HIDE_OUTPUTS.",
    "claude_code": "The client sends prompts and tool calls only: set OTEL_LOG_USER_PROMPTS=1, "
    "OTEL_LOG_TOOL_DETAILS=1 and OTEL_LOG_TOOL_CONTENT=1.",
    "codex": "The client sends prompts and tool calls only: set log_user_prompt = true under [otel] in "
    "config.toml.",
    "gemini_cli": "Set telemetry.logPrompts to true in settings.json.",
}


_ONE: Final = re.compile(r"\b1 (span|text|attribute|model call|streamed call)s\b")


def source_hints(facts: Mapping[str, object]) -> list[dict[str, str]]:
    """Return the hints that a source's counts call for, problems first: name, level, text, advice."""
    due = [_said(hint, facts) for hint in HINTS if _is_due(hint, facts)]
    return sorted(due, key=lambda hint: hint["level"] != PROBLEM)


def _is_due(hint: Hint, facts: Mapping[str, object]) -> bool:
    part = _count(facts, hint.part)
    return part > 0 and (hint.whole is None or part >= hint.least * _count(facts, hint.whole))


def _said(hint: Hint, facts: Mapping[str, object]) -> dict[str, str]:
    of = f"{_count(facts, hint.whole):,}" if hint.whole else ""
    n = _count(facts, hint.part)
    text = hint.text.format(n=f"{n:,}", of=of)
    if n == 1:
        text = _ONE.sub(r"1 \1", text)
    advice = hint.advice
    if hint.part == "calls_without_content":
        advice = content_advice(str(facts.get("dialects") or "").split(", ")) or advice
    return {"name": hint.part, "level": hint.level, "text": text, "advice": advice}


def content_advice(dialects: Iterable[str]) -> str:
    """Return how clients of these vocabularies are told to send content; "" where that is not known."""
    return " ".join(dict.fromkeys(filter(None, map(CONTENT_SETTINGS.get, dialects))))


def _count(facts: Mapping[str, object], name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0
