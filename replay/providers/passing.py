"""Events of an answer on their way to who waits for them, while the answer still comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import orjson

from replay.providers.events import ServerSaid
from replay.providers.keys import Key
from spotlight.messages.canonical import Json
from spotlight.messages.values import dump

Hear = Callable[[dict[str, Json]], None]
# What stands in a delta beside the words.
_NO_WORDS: Final = frozenset(["type", "role", "id", "name"])
_LONGEST_KEY: Final = 4096


class Passing:
    """The events of one attempt; nobody hears of them before one says something.

    So that an attempt that comes to nothing can be made again. They are kept back, too, while the last words
    may be the beginning of the key: a server could say it back in pieces.
    """

    def __init__(self, hear: Hear | None, key: Key) -> None:
        self._hear = hear
        self._key = key
        self._kept: list[dict[str, Json]] = []
        self._words = ""
        self.is_begun = False  # somebody heard of it

    def take(self, event: dict[str, Json], *, is_piece: bool) -> None:
        """Pass an event on, without the key; `is_piece`: it brought a piece of the answer.

        Raises: ServerSaid where the key was said in pieces.
        """
        if self._hear is None:
            return
        said = dump(event)
        hidden = self._key.hide(said)
        event = event if hidden == said else orjson.loads(hidden)
        self._kept.append(event)
        self._words = (self._words + "".join(_words(event, is_delta=False)))[-_LONGEST_KEY:]
        if self._key.hide(self._words) != self._words:
            self._kept.clear()
            raise ServerSaid("the server says the key back")
        if (is_piece or self.is_begun) and not self._key.is_begun_in(self._words):
            self._tell()

    def end(self) -> None:
        """Pass on what was kept back of an answer that is whole."""
        if self._hear is not None:
            self._tell()

    def _tell(self) -> None:
        assert self._hear is not None
        self.is_begun = True
        for event in self._kept:
            self._hear(event)
        self._kept.clear()


def _words(value: Json, *, is_delta: bool) -> Iterator[str]:
    """Yield the texts that an event adds to the answer."""
    if isinstance(value, str):
        if is_delta:
            yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NO_WORDS:
                yield from _words(inner, is_delta=is_delta or name == "delta")
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, is_delta=is_delta)
