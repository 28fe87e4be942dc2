"""What the proxy cannot answer, in the form in which each API says errors, never to be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from replay.providers.models import Api
from spotlight.messages.canonical import Json

# The vendors' clients try again on 408, 409, 429 and 5xx unless this says not to.
HEADERS: Final[Mapping[str, str]] = {"x-should-retry": "false"}
REFUSED: Final = 422  # what is asked can be read, and has no answer here
FAILED: Final = 502  # a model that was asked gave no answer
_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error", 404: "not_found_error", 413: "request_too_large",
    REFUSED: "invalid_request_error", FAILED: "api_error",
}  # fmt: skip


def error_body(api: Api | None, status: int, message: str, code: str) -> dict[str, Json]:
    """Return an error as an API says it; `code` tells programs what kind of refusal it is."""
    kind = _TYPES.get(status, "api_error")
    if api == "messages":
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def error_event(api: Api, message: str, code: str) -> dict[str, Json]:
    """Return the event by which an API breaks a stream off: the vendors' clients raise it."""
    body = error_body(api, FAILED, message, code)
    return {"type": "error", **body, "code": code, "message": message} if api == "responses" else body
