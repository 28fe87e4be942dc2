"""A live answer, said to the agent while it comes.

Events of the agent's own API go on as they are. Of another API, the first text is said as it grows; all else
that an answer may hold waits for its end, since what is said of it before (an index, an order) may depend on
the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from replay.model import Response
from replay.providers.models import Api
from replay.proxy.streams import stream_events
from replay.proxy.writing import About, write_answer
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Json, Message, Text

_Event = dict[str, Json]


class Growing:
    """One answer on its way from the model's API to the agent's."""

    def __init__(self, api: Api, about: About, *, wants_usage: bool) -> None:
        self._api = api
        self._about = about
        self._wants_usage = wants_usage
        self._said = ""
        self._is_closed = False  # something else than the first text came
        self._count = 0
        self.notes: tuple[str, ...] = ()  # what the answer loses in the agent's API
        self._opening, self._delta, _ = self._parted(Response((Message("assistant", (Text("."),)),), "stop"))

    @property
    def is_begun(self) -> bool:
        """Whether the agent was told a part of the answer."""
        return bool(self._said)

    @property
    def response_id(self) -> str | None:
        """The id that the answer has in the agent's eyes, of OpenAI's responses."""
        name = self._opening[0].get("response", {}).get("id")
        return name if isinstance(name, str) else None

    def take(self, source: Api, event: _Event) -> Iterator[_Event]:
        """Yield what the agent is told by an event of an API; one of its own API goes on as it is."""
        if source == self._api:
            if self._wants_usage or not _is_usage_alone(event):
                yield event
            return
        text = "" if self._is_closed else _ADDS[source](event)
        if text is None:
            self._is_closed = True
        if not text:
            return
        if not self._said:
            yield from self._numbered(*self._opening)
        self._said += text
        yield from self._numbered(_with_text(self._api, self._delta, text))

    def end(self, response: Response) -> Iterator[_Event]:
        """Yield the rest of the whole answer. Raises: SpotlightError where it is not what was begun."""
        opening, delta, rest = self._parted(response)
        text = _text(self._api, delta)
        between = opening[len(self._opening) :]
        if not text.startswith(self._said) or (between and self._api != "chat"):
            raise SpotlightError("the whole answer is not the one that was begun")
        left = text[len(self._said) :]
        yield from self._numbered(*between, *([_with_text(self._api, delta, left)] if left else []), *rest)

    def _parted(self, response: Response) -> tuple[list[_Event], _Event, list[_Event]]:
        """Return the events that say an answer: those before its first text, that, and those after it."""
        known = response._replace(response_id=None, model=None)  # neither is known when it begins
        written = write_answer(self._api, known, self._about)
        self.notes = written.notes
        events = list(stream_events(self._api, written.body, wants_usage=self._wants_usage))
        place = next((n for n, event in enumerate(events) if _text(self._api, event)), None)
        if place is None:
            raise SpotlightError("the whole answer has no text, and one was begun")
        return events[:place], events[place], events[place + 1 :]

    def _numbered(self, *events: _Event) -> Iterator[_Event]:
        for event in events:
            yield event | ({"sequence_number": self._count} if self._api == "responses" else {})
            self._count += 1


def _is_usage_alone(event: _Event) -> bool:
    """Whether it is the last chunk of chat completions, which agents get who ask for it."""
    return event.get("choices") == [] and event.get("usage") is not None


def _text(api: Api, event: Mapping[str, Any]) -> str:
    """Return the text of the answer that an event of the agent's API says."""
    return _ADDS[api](event) or ""


def _with_text(api: Api, event: _Event, text: str) -> _Event:
    """Return an event that says a text, with another text."""
    if api == "chat":
        return event | {"choices": [event["choices"][0] | {"delta": {"content": text}}]}
    return event | {"delta": text if api == "responses" else event["delta"] | {"text": text}}


def _chat(event: Mapping[str, Any]) -> str | None:
    choice: Mapping[str, Any] = next((c for c in event.get("choices") or () if not c.get("index")), {})
    delta = {name: value for name, value in (choice.get("delta") or {}).items() if value and name != "role"}
    return str(delta.get("content", "")) if delta.keys() <= {"content"} else None


def _messages(event: Mapping[str, Any]) -> str | None:
    if event.get("type") == "content_block_start" and event["content_block"].get("type") != "text":
        return None
    delta = event.get("delta") if event.get("type") == "content_block_delta" else None
    if not isinstance(delta, Mapping):
        return ""
    return str(delta.get("text", "")) if delta.get("type") == "text_delta" else None


def _responses(event: Mapping[str, Any]) -> str | None:
    if event.get("type") == "response.output_item.added" and event["item"].get("type") != "message":
        return None
    return str(event.get("delta", "")) if event.get("type") == "response.output_text.delta" else ""


def _generate(event: Mapping[str, Any]) -> str | None:
    candidate: Mapping[str, Any] = next(iter(event.get("candidates") or ()), {})
    parts = (candidate.get("content") or {}).get("parts") or []
    if any(part.get("thought") or not part.keys() <= {"text", "thought"} for part in parts):
        return None
    return "".join(str(part.get("text", "")) for part in parts)


# The text that an event adds, "" for none; None where something else begins.
_ADDS: Final[Mapping[Api, Callable[[Mapping[str, Any]], str | None]]] = {
    "chat": _chat, "messages": _messages, "responses": _responses, "generate": _generate,
}  # fmt: skip
