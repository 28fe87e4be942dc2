"""Whether two answers to the same question decide alike: which tools they call, how, and what they say."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from replay.model import Response
from spotlight.messages.canonical import Json, ToolCall, texts
from spotlight.messages.digests import canonical_json


class Agreement(NamedTuple):
    """What two answers have in common; None where neither has any of it to compare."""

    tools: bool | None  # the same tools, each as often; order does not count
    arguments: bool | None  # with equal arguments
    text: bool | None  # the same words, spaces at the ends aside
    decision: bool  # the same calls with the same arguments; without calls, that neither calls

    @property
    def is_same(self) -> bool:
        """Whether they decide alike and say the same."""
        return self.decision and self.text is not False


def compare(recorded: Response, answered: Response) -> Agreement:
    """Return in what two answers agree. Ids of calls, reasoning and how an answer was cut do not count."""
    ours, theirs = tool_calls(recorded), tool_calls(answered)
    names = Counter(call.name for call in ours) == Counter(call.name for call in theirs)
    exact = _keyed(ours) == _keyed(theirs)
    said = words(recorded), words(answered)
    any_call = bool(ours or theirs)
    return Agreement(
        names if any_call else None,
        exact if any_call else None,
        said[0] == said[1] if any(said) else None,
        exact,
    )


def tool_calls(response: Response) -> list[ToolCall]:
    """Return the calls that an answer asks for, in its order."""
    return [part for message in response.messages for part in message.parts if isinstance(part, ToolCall)]


def words(response: Response) -> str:
    """Return the text of an answer without the spaces around it."""
    return "".join(texts(message.parts) for message in response.messages).strip()


def call_key(name: str, arguments: Json) -> tuple[str, str]:
    """Return what makes two calls of tools the same: name and arguments, {} and none alike."""
    return name, canonical_json(arguments if arguments not in (None, "") else {})


def _keyed(calls: list[ToolCall]) -> Counter[tuple[str, str]]:
    return Counter(call_key(call.name, call.arguments) for call in calls)
