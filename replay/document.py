"""Recordings as JSON: for programs, and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replay.model import RecordedCall, RecordedTool, Recording, Response
from spotlight.messages import message_json, part_json

_OF_RUN = ("run_id", "name", "agent_name", "pack_name", "pack_version", "status", "dialects")
Document = dict[str, Any]


def recording_document(recording: Recording) -> Document:
    """Return a recording without the content of its messages: calls by their digests and counts."""
    return {
        "run": {name: recording.run.get(name) for name in _OF_RUN},
        "grade": recording.grade.level.value,
        "reason": recording.grade.reason,
        "calls": [_summary(call) for call in recording.calls],
        "tools": [tool_document(tool) for tool in recording.tools],
        "notes": list(recording.notes),
    }


def call_document(call: RecordedCall) -> Document:
    """Return one call with all that was sent and answered."""
    request = call.request
    sent = {
        "provider": request.provider,
        "api": request.api,
        "model": request.model,
        "system": [part_json(part) for part in request.system],
        "messages": [message_json(message) for message in request.messages],
        "tools": None if request.tools is None else [tool._asdict() for tool in request.tools],
        "tool_choice": request.tool_choice,
        "params": dict(request.params),
        "extra": dict(request.extra),
    }
    response = None if call.response is None else _response(call.response)
    return _summary(call) | {"request": sent, "response": response}


def tool_document(tool: RecordedTool) -> Document:
    """Return one tool call; its result is what the model was told, where a message tells."""
    return {name: value for name, value in tool._asdict().items() if name != "told"}


def _summary(call: RecordedCall) -> Document:
    request = call.request
    return {
        "call": call.step,
        "trace_id": call.trace_id,
        "span_id": call.span_id,
        "agent_name": call.agent_name,
        "started_ns": call.started_ns,
        "grade": call.grade.level.value,
        "reason": call.grade.reason,
        "model": request.model,
        "messages": len(request.messages),
        "tools": None if request.tools is None else len(request.tools),
        "params": dict(request.params),
        "finish_reason": call.response.finish_reason if call.response else None,
        "message_digests": list(call.message_digests),
        "prefix_digests": list(call.prefix_digests),
        "context_digest": call.context_digest,
        "request_digest": call.request_digest,
    }


def _response(response: Response) -> Mapping[str, Any]:
    told = response._asdict() | {"usage": response.usage._asdict(), "extra": dict(response.extra)}
    return told | {"messages": [message_json(message) for message in response.messages]}
