"""OTLP requests described without recursion, so that Arrow can hold them.

An OTLP attribute value (AnyValue) may hold lists of itself, which no Arrow type can
express. Here its field is declared as `bytes`: on the wire the two are the same, so
requests are read unchanged and a value stays encoded until somebody asks for it
(ingest.anyvalue). Unneeded fields are left out; readers skip them.

Source: opentelemetry-proto 1.9, trace/v1, logs/v1, common/v1, resource/v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

PACKAGE: Final = "spotlight.wire"
REQUESTS: Final = {"traces": "Traces", "logs": "Logs"}  # signal -> request message

_SCALARS: Final = {
    "string": Proto.TYPE_STRING,
    "bytes": Proto.TYPE_BYTES,
    "uint32": Proto.TYPE_UINT32,
    "int32": Proto.TYPE_INT32,
    "fixed32": Proto.TYPE_FIXED32,
    "fixed64": Proto.TYPE_FIXED64,
}

# message -> field -> "number type"; a star means repeated, a capital letter another message.
_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "KeyValue": {"key": "1 string", "value": "2 bytes"},
    "Resource": {"attributes": "1 *KeyValue"},
    "Scope": {"name": "1 string", "version": "2 string", "attributes": "3 *KeyValue"},
    "Event": {
        "time_ns": "1 fixed64",
        "name": "2 string",
        "attributes": "3 *KeyValue",
        "dropped_attributes": "4 uint32",
    },
    "Link": {
        "trace_id": "1 bytes",
        "span_id": "2 bytes",
        "trace_state": "3 string",
        "attributes": "4 *KeyValue",
        "dropped_attributes": "5 uint32",
    },
    "Status": {"message": "2 string", "code": "3 int32"},
    "Span": {
        "trace_id": "1 bytes",
        "span_id": "2 bytes",
        "trace_state": "3 string",
        "parent_span_id": "4 bytes",
        "name": "5 string",
        "kind": "6 int32",
        "started_ns": "7 fixed64",
        "ended_ns": "8 fixed64",
        "attributes": "9 *KeyValue",
        "dropped_attributes": "10 uint32",
        "events": "11 *Event",
        "dropped_events": "12 uint32",
        "links": "13 *Link",
        "dropped_links": "14 uint32",
        "status": "15 Status",
        "flags": "16 fixed32",
    },
    "ScopeSpans": {"scope": "1 Scope", "items": "2 *Span"},
    "ResourceSpans": {"resource": "1 Resource", "scopes": "2 *ScopeSpans"},
    "Traces": {"resources": "1 *ResourceSpans"},
    "LogRecord": {
        "time_ns": "1 fixed64",
        "severity": "2 int32",
        "severity_text": "3 string",
        "body": "5 bytes",
        "attributes": "6 *KeyValue",
        "dropped_attributes": "7 uint32",
        "flags": "8 fixed32",
        "trace_id": "9 bytes",
        "span_id": "10 bytes",
        "observed_ns": "11 fixed64",
        "event_name": "12 string",
    },
    "ScopeLogs": {"scope": "1 Scope", "items": "2 *LogRecord"},
    "ResourceLogs": {"resource": "1 Resource", "scopes": "2 *ScopeLogs"},
    "Logs": {"resources": "1 *ResourceLogs"},
}


def descriptor(signal: str) -> Descriptor:
    """Return the request descriptor of "traces" or "logs", in a file and pool of its own."""
    file = descriptor_pb2.FileDescriptorProto(name="spotlight_wire.proto", package=PACKAGE, syntax="proto3")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, spec in fields.items():
            _add_field(described, name, spec)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMessageTypeByName(f"{PACKAGE}.{REQUESTS[signal]}")


def _add_field(message: descriptor_pb2.DescriptorProto, name: str, spec: str) -> None:
    number, kind = spec.split()
    repeated, kind = kind.startswith("*"), kind.lstrip("*")
    field = message.field.add(name=name, number=int(number))
    field.label = Proto.LABEL_REPEATED if repeated else Proto.LABEL_OPTIONAL
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = Proto.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{kind}"
