"""The page in a case file: the runs as a tree with everything that was said, without a server or a script.

Each message stands once, where it was first sent: a model call is sent the whole conversation so far, and a
page that repeated it would grow with the square of the run.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final

import orjson

from spotlight.exact_json import parsed
from spotlight.figures import duration, money
from spotlight.messages import Message, message_json, read_conversation
from spotlight.model import PAYLOADS
from spotlight.reports.case.selection import CaseRows
from spotlight.reports.export.svg import Markup, element, join
from spotlight.reports.moments import time_text

_CONTENT: Final = tuple(
    c.name for c in PAYLOADS.columns if c.name.startswith(("input_", "output_", "system_", "tool_"))
)
_FACTS: Final = (
    "trace_id", "span_id", "parent_span_id", "name", "started_ns", "dialect", "provider", "request_model",
    "response_model", "finish_reasons", "status", "status_message", "cache_read_tokens",
)  # fmt: skip
_FOLDED: Final = ("Attributes", "Events", "Links", "Resource")
_OF_MODELS: Final = frozenset(("input_messages", "output_messages", "system_instructions"))
_ID: Final = ("trace_id", "span_id")
_DEEPEST: Final = 8  # levels that are set in
_EXCERPT: Final = 160
# A text beyond this would stop browsers; the whole of it is in the Parquet files beside the page.
_LONGEST: Final = 4_000_000
_UNKNOWN: Final = "–"

Row = dict[str, Any]


def case_page(rows: CaseRows) -> Iterator[str]:
    """Yield the page in parts; its policy forbids scripts, addresses and any style but its own."""
    style = resources.files("spotlight.reports.case").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Spotlight case</title><style>{style}</style></head><body><header>"
    )
    counts = ", ".join(f"{table.num_rows:,} {name}" for name, table in rows.recorded.items())
    yield element("h1", "Spotlight case")
    yield element("p", f"Recorded: {counts}. {_UNKNOWN} means: not reported.", class_="soft")
    yield "</header><main>"
    spans = _newest_spans(rows)
    told: set[bytes] = set()
    shown: set[tuple[str, str]] = set()
    for run in rows.derived["runs"].to_pylist():
        yield _run_head(run)
        for span, depth in _tree([s for s in spans if s["trace_id"] in run["trace_ids"]]):
            key = (span["trace_id"], span["span_id"])
            if key not in shown:
                shown.add(key)
                yield _span(span, depth, told)
    yield _scores(rows)
    yield "</main></body></html>\n"


def _newest_spans(rows: CaseRows) -> list[Row]:
    """Return the newest version of every span with its content, by start."""
    newest: dict[tuple[str, str], Row] = {}
    for row in rows.recorded["spans"].to_pylist():
        newest[row["trace_id"], row["span_id"]] = row
    for row in rows.recorded["payloads"].to_pylist():
        span = newest.get((row["trace_id"], row["span_id"]))
        if span is not None and span["journal_position"] == row["journal_position"]:
            span.update({name: row[name] for name in _CONTENT})
    return sorted(newest.values(), key=lambda s: (s["started_ns"] or 0, s["span_id"]))


def _tree(spans: list[Row]) -> Iterator[tuple[Row, int]]:
    """Yield the spans depth first, siblings by start, with their depth; a lost parent makes a root."""
    known = {(s["trace_id"], s["span_id"]) for s in spans}
    below: dict[tuple[str, str] | None, list[Row]] = defaultdict(list)
    for span in spans:
        above = (span["trace_id"], span["parent_span_id"])
        below[above if above in known and span["parent_span_id"] != span["span_id"] else None].append(span)
    seen: set[tuple[str, str]] = set()
    waiting = [(span, 0) for span in reversed(below[None])]
    left = iter(spans)
    while len(seen) < len(spans):
        if not waiting:  # spans that are each other's parents
            waiting = [next((s, 0) for s in left if (s["trace_id"], s["span_id"]) not in seen)]
        span, depth = waiting.pop()
        key = (span["trace_id"], span["span_id"])
        if key not in seen:
            seen.add(key)
            yield span, depth
            waiting += [(child, depth + 1) for child in reversed(below[key])]


def _run_head(run: Row) -> Markup:
    noun = "Run" if run["is_agent_run"] else "Other trace"
    bad = "bad" if run["status"] == "error" else None
    said = [
        time_text(run["started_ns"]) if run["started_ns"] is not None else "start unknown",
        duration(run["duration_ms"]) if run["duration_ms"] is not None else "duration unknown",
        f"{run['spans']:,} spans",
        f"tokens {_count(run['input_tokens'])} → {_count(run['output_tokens'])}",
        f"cost {_UNKNOWN if run['cost_usd'] is None else money(run['cost_usd'])}",
        *(f"{word} {run[name]}" for word, name in _WHOSE if run[name]),
    ]
    why = ": ".join(str(run[name]) for name in ("error_type", "error_message") if run[name])
    return join(
        [
            element("h2", f"{noun} {run['run_id']} · ", element("span", str(run["status"]), class_=bad)),
            element("p", " · ".join(said), class_="soft"),
            element("p", why or str(run["status_reason"] or ""), class_=bad),
        ]
    )


_WHOSE: Final = (("pack", "pack_name"), ("version", "pack_version"), ("agent", "agent_name"),
                 ("session", "session_id"), ("user", "user_id"))  # fmt: skip


def _count(number: int | None) -> str:
    return _UNKNOWN if number is None else f"{number:,}"


def _span(span: Row, depth: int, told: set[bytes]) -> Markup:
    failed = span["status"] == "error" or bool(span["tool_failed"])
    took = _UNKNOWN if span["duration_ms"] is None else duration(span["duration_ms"])
    name = span["tool_name"] or span["name"]
    usage = (span["input_tokens"], span["output_tokens"])
    if usage != (None, None):
        took = f"{_count(usage[0])} → {_count(usage[1])} · {took}"
    inside = [part for heading, text in _parts(span, told) for part in (element("h3", heading), _pre(text))]
    inside += [element("details", element("summary", name), _pre(_pretty(span[name.lower()])))
               for name in _FOLDED if span[name.lower()] not in (None, "{}")]  # fmt: skip
    summary = element(
        "summary",
        element("span", span["kind"], class_="kind"),
        element("span", ("✗ " if failed else "") + str(name), class_="name bad" if failed else "name"),
        element("span", _excerpt(span), class_="says"),
        element("span", took, class_="took"),
    )
    body = element("div", *inside, class_="inside")
    row = element("details", summary, body)
    return element("div", row, class_=f"span d{min(depth, _DEEPEST)}", id=f"s{span['span_id']}")


def _excerpt(span: Row) -> str:
    """Return the beginning of what a step says, as recorded."""
    names = ("error_message", "tool_arguments", "output_messages", "output_value", "input_value")
    text = next((str(span[name]) for name in names if span.get(name)), "")
    return " ".join(text[: 4 * _EXCERPT].split())[:_EXCERPT]


def _pre(text: str) -> Markup:
    """Return a text as it is; it is escaped, and shown with its line breaks."""
    cut = len(text) - _LONGEST
    if cut > 0:
        text = f"{text[:_LONGEST]}\n… {cut:,} more characters: see recorded/payloads.parquet"
    return element("pre", Markup(_escaped(text)), dir="auto")


def _escaped(text: str) -> str:
    """Return a text for HTML; other control characters than line breaks and tabs are shown by their code."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.translate(_CONTROLS).encode("utf-8", "replace").decode()


_CONTROLS: Final = {
    code: f"\\x{code:02x}"
    for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\n\t"
}  # fmt: skip


def _parts(span: Row, told: set[bytes]) -> Iterator[tuple[str, str]]:
    """Yield what is known of a span: heading and text."""
    if span["error_type"] or span["error_message"]:
        yield "Error", "\n".join(str(span[n]) for n in ("error_type", "error_message") if span[n])
    events = parsed(span["events"])
    attributes = parsed(span["attributes"])
    if span["kind"] == "llm" or any(span.get(name) is not None for name in _OF_MODELS):
        yield from _conversation(span, attributes, events if isinstance(events, list) else [], told)
    for name in _CONTENT:
        if span.get(name) is not None and name not in _OF_MODELS:
            yield name.replace("_", " ").capitalize(), _pretty(span[name])
    yield "Span", "\n".join(f"{name}: {span[name]}" for name in _FACTS if span[name] is not None)


def _conversation(
    span: Row, attributes: Any, events: list[Any], told: set[bytes]
) -> Iterator[tuple[str, str]]:
    content = {name: span.get(name) for name in _CONTENT}
    conversation = read_conversation(
        content,
        dialect=str(span["dialect"]),
        attributes=attributes if isinstance(attributes, dict) else {},
        events=events,
        logs=[],
    )
    system = [Message("system", tuple(conversation.system))] if conversation.system else []
    before = 0
    for heading, messages in (("", [*system, *conversation.input]), ("answered", conversation.output)):
        for message in messages:
            text = _message(message)
            digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
            if digest in told and not heading:
                before += 1
                continue
            told.add(digest)
            yield f"{message.role} {heading}".strip(), text
    if before:
        yield "Sent again", f"{before:,} messages that stand above already"


def _message(message: Message) -> str:
    """Return what a message says: words as they are, other parts as JSON."""
    parts = message_json(message).get("parts", [])
    return "\n".join(_part(part) for part in parts if isinstance(part, Mapping))


def _part(part: Mapping[str, Any]) -> str:
    if part.get("type") in ("text", "reasoning") and isinstance(part.get("content"), str):
        return ("(thinks) " if part["type"] == "reasoning" else "") + str(part["content"])
    return orjson.dumps(part, option=orjson.OPT_INDENT_2, default=str).decode()


def _pretty(text: str) -> str:
    """Return JSON text with line breaks; other text as it is."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):
        return text


def _scores(rows: CaseRows) -> Markup:
    found = rows.recorded["scores"].to_pylist()
    if not found:
        return Markup("")
    said = [
        " · ".join(
            str(row[n]) for n in ("name", "value", "label", "evaluator", "explanation", "span_id") if row[n]
        )
        for row in found
    ]
    return join([element("h2", "Scores and notes"), *(element("p", text) for text in said)])
