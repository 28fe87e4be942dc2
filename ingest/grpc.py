"""OTLP over gRPC: three Export methods that take raw bytes.

The generated servicers parse before our code runs and answer INTERNAL to bad data,
which is wrong for OTLP; raw handlers let us check, count and journal the bytes ourselves.
A message over the size limit is refused by gRPC's core with RESOURCE_EXHAUSTED, before
any Python runs, hence without a receipt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import grpc.aio

from ingest.http_server import port_taken
from ingest.requests import SIGNALS
from ingest.rpc_status import status_of
from ingest.service import Outcome, Refusal, Service

POSITION_KEY: Final = "x-spotlight-position"
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def grpc_server(service: Service) -> grpc.aio.Server:
    """Return a server with the three services registered; add a port, then start it."""
    most = service.limits.grpc_message_bytes
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", most),
            ("grpc.so_reuseport", 0),  # else a second collector would silently share the port
            ("grpc.max_concurrent_streams", 100),
        ]
    )
    handlers = [
        grpc.method_handlers_generic_handler(
            known.service, {"Export": grpc.unary_unary_rpc_method_handler(_export(service, signal))}
        )
        for signal, known in SIGNALS.items()
    ]
    server.add_generic_rpc_handlers(tuple(handlers))
    return server


def bind(server: grpc.aio.Server, host: str, port: int) -> int:
    """Return the port the server will listen on. Raises: PartFailed where the address cannot be had."""
    name = f"[{host}]" if ":" in host else host
    try:
        bound = int(server.add_insecure_port(f"{name}:{port}"))
    except RuntimeError as exc:
        raise port_taken("gRPC", host, port, "address in use or not ours") from exc
    if not bound:
        raise port_taken("gRPC", host, port, "address in use or not ours")
    return bound


def _export(service: Service, signal: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
    async def export(body: bytes, context: Any) -> bytes:
        try:
            async with service.deadline():
                with service.budget.share() as take:
                    take(len(body))
                    outcome = await service.export(signal, body, "protobuf")
        except Exception as error:
            await _abort(
                context, service.refuse(signal, error, len(body)), service.limits.retry_after_seconds
            )
            raise  # abort has raised already
        context.set_trailing_metadata(((POSITION_KEY, str(outcome.position)),))
        return _response(signal, outcome)

    return export


def _response(signal: str, outcome: Outcome) -> bytes:
    response: Any = SIGNALS[signal].response()
    if outcome.message:
        setattr(response.partial_success, SIGNALS[signal].rejected_field, outcome.rejected)
        response.partial_success.error_message = outcome.message
    return bytes(response.SerializeToString())


async def _abort(context: Any, refusal: Refusal, retry_after_seconds: int) -> None:
    """End the call with the refusal's code, and its details in the trailing metadata."""
    status = status_of(refusal, retry_after_seconds)
    details = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(_CODES[status.code], status.message, trailing_metadata=details)
