"""One span as a document: its columns, attributes, content, conversation and logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from spotlight import semconv
from spotlight.assembly.evidence import APPROVAL, FACTS
from spotlight.dialects import content_events
from spotlight.exact_json import parsed, plain_row
from spotlight.messages import read_conversation, to_json
from spotlight.model import PAYLOADS

CONTENT: Final = tuple(
    c.name for c in PAYLOADS.columns
    if c.name.startswith(("input_", "output_", "system_", "tool_"))
)  # fmt: skip
_IDS: Final = ("tool_call_id", "request_id")
_FILLED: Final = (*CONTENT, *FACTS)
_SIDES: Final = {
    "llm": (("input_messages", "input_value"), ("output_messages", "output_value")),
    "tool": (("tool_arguments", "input_value"), ("tool_result", "output_value")),
}
_JSON_COLUMNS: Final = (
    "attributes",
    "events",
    "links",
    "resource",
    "scope",
    "finish_reasons",
    "model_params",
)


def span_document(
    row: Mapping[str, object], logs: list[dict[str, object]], records: list[dict[str, object]]
) -> dict[str, object]:
    """Return everything known about one span, from its row (content columns joined) and its log records.

    `logs` were written while the span was active; from `records` the step was made, or they tell of
    the same step; none is in both lists of the document. `messages` is the conversation read from
    content, events and logs in the canonical form; integers beyond 2**53, nanoseconds among them, are text.
    """
    opened = {name: parsed(row[name]) for name in _JSON_COLUMNS}
    told = [_opened(log) for log in records]
    written = [record for record in map(_opened, logs) if record not in told]
    attributes, events = opened["attributes"], opened["events"]
    payload = {name: _text(row[name]) for name in CONTENT}
    payload |= in_events(str(row["dialect"]), payload, events if isinstance(events, list) else [])
    conversation = read_conversation(
        payload,
        dialect=str(row["dialect"]),
        attributes=(attributes if isinstance(attributes, dict) else {}) | promoted(row),
        events=events if isinstance(events, list) else [],
        logs=[*told, *written],
    )
    columns = {k: v for k, v in row.items() if k not in CONTENT and k not in _JSON_COLUMNS}
    return {
        "span": plain_row(columns | {k: opened[k] for k in ("finish_reasons", "model_params")}),
        "attributes": attributes or {},
        "events": events or [],
        "links": opened["links"] or [],
        "resource": opened["resource"] or {},
        "scope": opened["scope"] or {},
        "payload": {name: parsed(text) for name, text in payload.items()},
        "messages": to_json(conversation),
        "logs": [plain_row(record) for record in written],
        "records": [plain_row(record) for record in told],
    }


def in_events(dialect: str, payload: Mapping[str, str | None], events: list[Any]) -> dict[str, str]:
    """Return the content columns that nothing but a span event fills."""
    found = {}
    for column, sources in content_events(dialect).items():
        if payload[column] is not None:
            continue
        for name, key in sources:
            said = [e["attributes"][key] for e in events if e["name"] == name and key in e["attributes"]]
            if said:
                found[column] = said[-1] if isinstance(said[-1], str) else orjson.dumps(said[-1]).decode()
                break
    return found


def _opened(log: dict[str, object]) -> dict[str, object]:
    return log | {"body": parsed(log["body"]), "attributes": parsed(log["attributes"])}


def records_of(row: Mapping[str, object], candidates: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return those of some log records that carry what a row made from a log record says.

    Records of one event may share request and time; ids and the attributes left over tell them apart.
    """
    left = parsed(row["attributes"])
    wanted = left.items() if isinstance(left, dict) else ()
    ids = [str(row[name]) for name in _IDS if row[name] is not None]

    def carries(record: Mapping[str, object]) -> bool:
        said = parsed(record["attributes"])
        if not isinstance(said, dict):
            return not ids and not wanted
        texts = {str(value) for value in said.values()}
        return all(said.get(key) == value for key, value in wanted) and texts.issuperset(ids)

    return [record for record in candidates if carries(record)]


def lacks_content(row: Mapping[str, object]) -> bool:
    """Return whether a model or tool call lacks what went in or what came out in its columns."""
    return any(all(row[name] is None for name in side) for side in _SIDES.get(str(row["kind"]), ()))


def filled(row: Mapping[str, object], twins: list[dict[str, object]]) -> dict[str, object]:
    """Return a span's row with what other rows of the same step say where it says nothing."""
    merged = dict(row)
    for twin in twins:
        for name in _FILLED:
            unsaid = merged[name] is None or (name in APPROVAL and merged[name] == "unknown")
            if unsaid and twin[name] is not None:
                merged[name] = twin[name]
    return merged


def promoted(row: Mapping[str, Any]) -> dict[str, object]:
    """Return, under their attribute names, the values that have columns and that a tool's messages need."""
    failed = row["tool_failed"] or row["status"] == "error"
    values = {
        semconv.GEN_AI_TOOL_NAME: row["tool_name"],
        semconv.GEN_AI_TOOL_CALL_ID: row["tool_call_id"],
        "gen_ai.tool.status": "error" if failed else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
