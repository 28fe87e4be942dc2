"""What a file of stubs imports: functions of your own that answer for tools while a run is replayed.

    from replay.stubs import ToolError, stub

    @stub("get_weather")
    def get_weather(arguments):
        if arguments["city"] == "Atlantis":
            raise ToolError("no such city")
        return {"celsius": 21}

A stub is given the arguments of the call and returns what JSON can carry. With a second parameter it is also
told about the call (`Call`). It runs in a process of its own, without your environment, network or other
programs, and within limits of time and memory. Any exception but ToolError stops the replay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
STUBS: Final[dict[str, Callable[..., Any]]] = {}


class ToolError(Exception):
    """Raised by a stub when the tool would have failed: the model is told the message, the replay goes on."""


class Call(NamedTuple):
    """Which call a stub answers; equal values mean the same call, so that dice can be made from them."""

    name: str
    position: int  # of the tool call in the replay, from 1
    step: int | None
    seed: int
    case: str
    repeat: int


def stub(*names: str) -> Callable[[Function], Function]:
    """Return a decorator that makes a function answer for these tools."""
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError('name the tool: @stub("get_weather")')

    def registered(function: Function) -> Function:
        for name in names:
            if name in STUBS:
                raise ValueError(
                    f"two stubs answer for {name!r}: {STUBS[name].__name__} and {function.__name__}"
                )
            STUBS[name] = function
        return function

    return registered
