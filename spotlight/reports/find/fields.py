"""The fields that a search can name: what each means for a run and for a step, and which column says it.

The SQL of a field is written here and nowhere else; a name that a search gives is only ever looked up.
"""

from __future__ import annotations

import difflib
from typing import Final, NamedTuple

from spotlight.errors import UnreadableSearch
from spotlight.reports.find.tree import Name

SCORE: Final = "score"
ATTRIBUTE: Final = "attr"
KEYED: Final = (SCORE, ATTRIBUTE)  # the fields whose name goes on: score.correctness


class Field(NamedTuple):
    """One field.

    `kind` is how it is compared: word, words (some of a longer text), id (its beginning), list (of words),
    number, money, duration, time, flag, payload (the parts of content, in `parts`), score or attribute.
    `run` is the SQL of a run `r`, `step` that of a step `s`; None where there is none. A run is found by a
    field that only steps have where one of its steps is; `both`: where the run itself or a step is.
    """

    name: str
    kind: str
    run: str | None
    step: str | None
    help: str
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    both: bool = False
    parts: tuple[str, ...] = ()


_OF_RUN_ERROR: Final = "nullif(concat_ws(' ', r.error_type, r.error_message), '')"
_OF_STEP_ERROR: Final = "nullif(concat_ws(' ', s.error_type, s.error_message), '')"
_OF_RUN_NOTES: Final = (
    "(select string_agg(n.explanation, ' ' order by n.time_ns) from notes as n"
    " where list_contains(r.trace_ids, n.trace_id) or (n.trace_id is null and n.session_id = r.session_id))"
)
_OF_STEP_NOTES: Final = (
    "(select string_agg(n.explanation, ' ' order by n.time_ns) from notes as n"
    " where n.trace_id = s.trace_id and n.span_id = s.span_id)"
)
_STEP_STATUS: Final = "if(s.failed, 'error', 'ok')"


def _same(name: str, column: str, said: str, *aliases: str, kind: str = "word") -> Field:
    """Return a field that stands in the same column of runs and of steps."""
    return Field(name, kind, f"r.{column}", f"s.{column}", said, aliases)


def _run(name: str, column: str, said: str, *aliases: str, kind: str = "number") -> Field:
    return Field(name, kind, f"r.{column}", None, said, aliases)


def _step(name: str, column: str, said: str, *aliases: str, kind: str = "word") -> Field:
    return Field(name, kind, None, f"s.{column}", said, aliases)


def _content(name: str, said: str, *parts: str) -> Field:
    return Field(name, "payload", None, None, said, parts=parts)


FIELDS: Final = (
    Field(
        "status", "word", "r.status", _STEP_STATUS, "how it ended; a step is ok or error",
        words=("ok", "error", "incomplete"),
    ),
    Field("error", "words", _OF_RUN_ERROR, _OF_STEP_ERROR, "type and message of the error"),
    Field("signature", "words", "r.error_signature", None, "the error without ids, numbers and quoted text"),
    _same("error_type", "error_type", "type of the error"),
    _run("failed_step", "error_step", "kind and name of the step that failed first", kind="words"),
    Field("name", "words", "r.name", "s.name", "name of the run's root, or of the step"),
    _step("tool", "tool_name", "tool called"),
    _step("kind", "kind", "what a step is: llm, tool, agent, retrieval, ..."),
    Field("agent", "word", "r.agent_name", "s.agent_name", "agent at work", both=True),
    Field("model", "list", "r.models", "[s.model]", "model that answered, else the one asked for"),
    _step("provider", "provider", "model provider"),
    _step("skill", "skill_name", "skill in use"),
    _step("prompt", "prompt_name", "prompt template"),
    _same("pack", "pack_name", "what was deployed"),
    _same("version", "pack_version", "version of the pack"),
    _same("session", "session_id", "conversation", kind="id"),
    _same("user", "user_id", "end user"),
    _same("tenant", "tenant_claimed", "customer that the run names"),
    _same("feature", "feature", "product feature"),
    _same("surface", "surface", "cli, ide, web, ..."),
    _same("environment", "environment", "deployment environment", "env"),
    _same("service", "service_name", "service.name of the sender"),
    _same("replay_of", "replay_of", "run that it is a replay of", kind="id"),
    _same("variant", "variant", "what a replay changed"),
    _same("experiment", "experiment_id", "experiment that a replay belongs to"),
    Field(
        "replay_grade", "word", "r.replay_grade", None, "how much of what its models were sent is known",
        words=("exact", "semantic", "partial", "none"),
    ),
    _same("run", "run_id", "id of the run, or how it begins", kind="id"),
    Field("trace", "list", "r.trace_ids", "[s.trace_id]", "id of a trace of the run"),
    _step("span", "span_id", "id of the step's span", kind="id"),
    _same("started", "started_ns", "when it began", kind="time"),
    _same("duration", "duration_ms", "how long it took", kind="duration"),
    _same("ttft", "ttft_ms", "time to the first token", kind="duration"),
    _same("cost", "cost_usd", "list price, USD", kind="money"),
    Field(
        "tokens", "number",
        "if(r.input_tokens is null and r.output_tokens is null, null,"
        " coalesce(r.input_tokens, 0) + coalesce(r.output_tokens, 0))",
        "if(s.input_tokens is null and s.output_tokens is null, null,"
        " coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0))",
        "tokens in and out",
    ),
    _same("input_tokens", "input_tokens", "tokens in, the cache's included", kind="number"),
    _same("output_tokens", "output_tokens", "tokens out, reasoning included", kind="number"),
    _same("cache_read_tokens", "cache_read_tokens", "tokens read from the cache", kind="number"),
    _same("reasoning_tokens", "reasoning_tokens", "tokens spent on reasoning", kind="number"),
    _run("spans", "spans", "spans in the run"),
    _run("calls", "generations", "model calls of the run"),
    _run("tool_calls", "tool_calls", "tool calls of the run"),
    _run("failed_tool_calls", "failed_tool_calls", "tool calls that failed"),
    _run("retries", "retries", "steps that try again what just failed"),
    _run("repeats", "repeats", "most times that one tool was called in a row"),
    _step("http", "http_status", "HTTP status code", kind="number"),
    _step("attempt", "attempt", "which try of the call it was", kind="number"),
    _step("retry", "is_retry", "whether it tries again what just failed: true or false", kind="flag"),
    _step("approval", "approval_decision", "what a person or a policy said"),
    _run("flag", "quality_flags", "what is odd about the run", kind="list"),
    _content("text", "any content: messages, instructions, arguments, results",
             "system", "user", "assistant", "tool", "args", "result", "input", "output"),
    _content("input", "what a step was given", "system", "user", "tool", "input"),
    _content("output", "what the model, or the step, said", "assistant", "output"),
    _content("args", "what tools were called with", "args"),
    _content("result", "what tools answered", "tool", "result"),
    _content("system", "instructions", "system"),
    Field("note", "words", _OF_RUN_NOTES, _OF_STEP_NOTES, "what people wrote on it", both=True),
    Field(SCORE, "score", None, None, "a judgement by its name: score.correctness<0.5, score.tone:rude"),
    Field(ATTRIBUTE, "attribute", None, None, 'an attribute as sent: attr."http.method":POST'),
)  # fmt: skip
BY_NAME: Final = {word: field for field in FIELDS for word in (field.name, *field.aliases)}
OTHER_WORDS: Final = ("has", "missing", "step", "count", "and", "or", "not", "under", "then")
LEVELS: Final = ("run", "step")


class Found(NamedTuple):
    """The field that a name means; `level` is run or step where the name says which."""

    field: Field
    key: str | None
    level: str | None


def close_to(word: str, known: list[str]) -> str:
    """Return the hint that names what was probably meant, "" where nothing is close."""
    close = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else ""


def field_of(name: Name) -> Found:
    """Return the field that a name means. Raises: UnreadableSearch, naming those that are close."""
    text = name.text.lower()
    first, _, rest = text.partition(".")
    level = first if first in LEVELS and rest else None
    if level is not None:
        first, _, rest = rest.partition(".")
    key = name.key
    if rest:  # as typed: attributes tell capitals apart
        key = name.text[len(name.text) - len(rest) :] + ("" if key is None else f".{key}")
    field = BY_NAME.get(first)
    if field is None:
        known = [*BY_NAME, *OTHER_WORDS[:2]]
        hint = close_to(first, known) or f"fields are {', '.join(f.name for f in FIELDS[:14])}, ..."
        hint += ' To search for it as it stands, put it in "quotes"'
        raise UnreadableSearch(f"there is no field {name.text[:40]!r}", *name.place, hint=hint)
    if (key is None) == (first in KEYED):
        example = "score.correctness" if first == SCORE else 'attr."http.method"'
        message = f"{first} needs a name" if first in KEYED else f"{first} has no parts"
        hint = f"for example {example}" if first in KEYED else f"write {first} alone"
        raise UnreadableSearch(message, *name.place, hint=hint)
    if level is not None and not _has(field, level):
        message = f"a {level} has no {field.name}"
        raise UnreadableSearch(message, *name.place, hint=f"leave {level}. away")
    return Found(field, key, level)


def _has(field: Field, level: str) -> bool:
    return field.kind in ("payload", "score", "attribute") or (
        (field.run if level == "run" else field.step) is not None
    )
