"""Gemini's generateContent, through the `google-genai` client (extra `google`)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from replay.model import Response, Usage
from replay.providers.models import Model
from replay.providers.wires import PLACEHOLDER, Wire, left_over, number, text_of, total
from spotlight.messages import read_messages
from spotlight.messages.canonical import Json

_URL_SAFE: Final = str.maketrans("-_", "+/")  # the client writes bytes in the URL-safe alphabet


def wire() -> Wire:
    """Return this form; imports the client."""
    from google.genai import errors

    return Wire(_open, _stream, Chunks, read, (errors.APIError,))


def _open(model: Model, http: Any) -> Any:
    from google import genai

    base, _, version = model.base_url.rpartition("/")
    return genai.Client(
        api_key=PLACEHOLDER,
        vertexai=False,
        http_options=genai.types.HttpOptions(base_url=base, api_version=version, httpx_async_client=http),
    )


async def _stream(client: Any, model: Model, body: Mapping[str, Json]) -> AsyncGenerator[dict[str, Json]]:
    # The client checks what it is given against its own types; the body goes beside them, as it is.
    stream = await client.aio.models.generate_content_stream(
        model=model.name,
        contents=".",
        config={"http_options": {"extra_body": dict(body)}, "automatic_continuation": False},
    )
    async with aclosing(stream):
        async for chunk in stream:
            yield chunk.model_dump(
                mode="json", by_alias=True, exclude_none=True, exclude={"sdk_http_response", "parsed"}
            )


class Chunks:
    """Chunks of one response: neighbouring texts of a kind are joined; of several candidates the first."""

    def __init__(self) -> None:
        self._around: dict[str, Json] = {}
        self._candidate: dict[str, Json] = {}
        self._parts: list[dict[str, Json]] = []

    def add(self, event: dict[str, Json]) -> bool:
        """Take one chunk; usage grows from chunk to chunk, the last one counts."""
        self._around |= {name: value for name, value in event.items() if name != "candidates"}
        candidate = next((c for c in event.get("candidates") or () if not c.get("index")), None)
        if candidate is None:
            return False
        self._candidate |= {name: value for name, value in candidate.items() if name != "content"}
        parts = (candidate.get("content") or {}).get("parts") or []
        for part in parts:
            self._take(_standard(part))
        return any(part.get("text") != "" for part in parts)

    def _take(self, part: dict[str, Json]) -> None:
        last = self._parts[-1] if self._parts else {}
        words = ("text", "thought")
        plain = last.keys() <= {*words} and part.keys() <= {*words, "thoughtSignature"}
        if last and plain and "text" in part and bool(last.get("thought")) == bool(part.get("thought")):
            self._parts[-1] = {**part, "text": last["text"] + part["text"]}
            return
        self._parts.append(part)

    def wire(self) -> dict[str, Json]:
        """Return the response."""
        kept = [part for part in self._parts if part != {"text": ""}]
        content = {"role": "model", "parts": kept}
        return {**self._around, "candidates": [{**self._candidate, "content": content}]}


def _standard(part: dict[str, Json]) -> dict[str, Json]:
    """Return a part with its bytes in the standard alphabet, as the API sends them."""
    found = dict(part)
    if isinstance(found.get("thoughtSignature"), str):
        found["thoughtSignature"] = found["thoughtSignature"].translate(_URL_SAFE)
    inline = found.get("inlineData")
    if isinstance(inline, dict) and isinstance(inline.get("data"), str):
        found["inlineData"] = {**inline, "data": inline["data"].translate(_URL_SAFE)}
    return found


def read(wire: dict[str, Json]) -> Response:
    """Return what a response says; a prompt that was blocked is an answer without words."""
    candidate = wire["candidates"][0]
    usage = wire.get("usageMetadata") or {}
    feedback = wire.get("promptFeedback") or {}
    reason = text_of(candidate.get("finishReason")) or text_of(feedback.get("blockReason"))
    parts = candidate["content"]["parts"]
    messages = read_messages([{"role": "model", "parts": parts, "finish_reason": reason}]) if parts else []
    return Response(
        messages=tuple(messages),
        finish_reason=reason,
        model=text_of(wire.get("modelVersion")),
        response_id=text_of(wire.get("responseId")),
        usage=Usage(
            total(number(usage, "promptTokenCount"), number(usage, "toolUsePromptTokenCount")),
            total(number(usage, "candidatesTokenCount"), number(usage, "thoughtsTokenCount")),
            number(usage, "cachedContentTokenCount"),
            None,
            number(usage, "thoughtsTokenCount"),
        ),
        extra=left_over(wire, "candidates", "modelVersion", "responseId"),
    )
