"""What the wire forms have in common: a client, a stream of events, what they add up to and say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple, Protocol

from replay.model import Response
from replay.providers.models import Api, Model
from spotlight.errors import ModelRefused
from spotlight.messages.canonical import Json

PLACEHOLDER: Final = "put-on-by-the-transport"  # clients refuse to start without a key


class Collected(Protocol):
    """The objects of one stream, added up as they come."""

    def add(self, event: dict[str, Json]) -> bool:
        """Take one object; return whether it brought a piece of the answer."""

    def wire(self) -> dict[str, Json]:
        """Return the response as the API would have sent it whole, as far as it came."""


class Wire(NamedTuple):
    """One wire form, by its vendor's client."""

    open: Callable[[Model, Any], Any]  # the model and an httpx2.AsyncClient -> the vendor's async client
    events: Callable[[Any, Model, Mapping[str, Json]], AsyncGenerator[dict[str, Json]]]  # client, model, body
    collect: Callable[[], Collected]
    read: Callable[[dict[str, Json]], Response]  # of what `Collected.wire` returns
    errors: tuple[type[Exception], ...]  # what the vendor's client raises


def wire_of(api: Api) -> Wire:
    """Return the wire form of an API; the vendor's client is imported here.

    Raises: ModelRefused where the client is not installed.
    """
    try:
        found: Wire = import_module(f"replay.providers.{api}").wire()
    except ImportError as exc:
        raise ModelRefused(
            f"the client for this model is not installed: {exc.name}",
            hint="install it with `pip install 'spotlight[google]'`",
        ) from exc
    return found


def number(usage: Mapping[str, Json], *path: str) -> int | None:
    """Return a count of tokens; None where it is not told."""
    value: Json = usage
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def total(*counts: int | None) -> int | None:
    """Return the sum of the counts that are told; None where none is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def text_of(value: Json) -> str | None:
    """Return a text that says something, None for anything else."""
    return value if isinstance(value, str) and value else None


def left_over(wire: Mapping[str, Json], *taken: str) -> dict[str, Json]:
    """Return the fields of a response that no name of `Response` has."""
    return {name: value for name, value in wire.items() if name not in taken and value is not None}
