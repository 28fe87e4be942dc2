"""google.rpc.Status as OTLP wants it: the body of HTTP errors, the details of gRPC errors."""

from __future__ import annotations

from google.protobuf import json_format
from google.rpc import error_details_pb2
from google.rpc.code_pb2 import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE
from google.rpc.status_pb2 import Status

from ingest.requests import Encoding
from ingest.service import Refusal
from spotlight.errors import BadRequest, TooLarge


def status_of(refusal: Refusal, retry_after_seconds: int) -> Status:
    """Return the Status of a refused request.

    Bad data carries BadRequest details, "send again" carries RetryInfo, and too large
    carries neither: RESOURCE_EXHAUSTED without RetryInfo tells clients not to repeat it.
    Source: opentelemetry-proto docs/specification.md, "Failures" and "OTLP/gRPC Throttling".
    """
    if refusal.retry:
        status = Status(code=UNAVAILABLE, message=str(refusal.error))
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.seconds = retry_after_seconds
        status.details.add().Pack(retry)
        return status
    if isinstance(refusal.error, TooLarge):
        return Status(code=RESOURCE_EXHAUSTED, message=str(refusal.error))
    status = Status(code=INVALID_ARGUMENT, message=str(refusal.error))
    if isinstance(refusal.error, BadRequest):
        violation = error_details_pb2.BadRequest.FieldViolation(description=refusal.error.message)
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return status


def encode_status(status: Status, encoding: Encoding) -> bytes:
    """Return the Status as bytes in the encoding of the request it answers."""
    if encoding == "protobuf":
        return bytes(status.SerializeToString())
    return json_format.MessageToJson(status, indent=None).encode()
