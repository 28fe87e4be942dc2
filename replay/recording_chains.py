"""Requests that go on from an earlier response by its id, made whole: what was said there, then their own.

OpenAI's responses keep what was said; instructions and tools are said anew with each request, so that only
the messages come from before. Source: https://platform.openai.com/docs/guides/conversation-state
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from replay.model import Request, Response
from spotlight.messages import Message

CHAIN: Final = "previous_response_id"
Said = tuple[Message, ...]


class Link(NamedTuple):
    """A call as chains see it."""

    request: Request
    response: Response | None
    is_whole: bool  # all messages that the request says itself are recorded


class Made(NamedTuple):
    """A request, whole where it could be made so; `note` says what was done, "" for one without a chain."""

    request: Request
    is_whole: bool
    note: str


def chain_of(request: Request) -> str | None:
    """Return the id of the response that a request goes on from."""
    found = request.extra.get(CHAIN) or request.params.get(CHAIN)
    return found if isinstance(found, str) else None


def gone_on(request: Request, before: Sequence[Message]) -> Request:
    """Return a request that says itself what it goes on from."""
    params, extra = (
        {name: value for name, value in fields.items() if name != CHAIN}
        for fields in (request.params, request.extra)
    )
    return request._replace(messages=(*before, *request.messages), params=params, extra=extra)


def said_by(request: Request, response: Response | None) -> Said | None:
    """Return what a later request goes on from; None where the answer is not known."""
    if response is None or response.error or not response.messages:
        return None
    return (*request.messages, *response.messages)


def unchained(links: Sequence[Link], look_up: Callable[[str], Said | None]) -> list[Made]:
    """Return the requests of a run, in its order, each whole where all of its chain is recorded.

    `look_up` finds in other runs what stands behind the id of a response.
    """
    known: dict[str, Said | None] = {}
    found: list[Made] = []
    for link in links:
        made = _made(link, known, look_up)
        found.append(made)
        if link.response is not None and link.response.response_id:
            said = said_by(made.request, link.response) if made.is_whole else None
            known[link.response.response_id] = said
    return found


def _made(link: Link, known: dict[str, Said | None], look_up: Callable[[str], Said | None]) -> Made:
    earlier = chain_of(link.request)
    if earlier is None:
        return Made(link.request, link.is_whole, "")
    if earlier not in known:
        known[earlier] = look_up(earlier)
    before = known[earlier]
    if before is None:
        note = f"it goes on from response {earlier}, which is not recorded whole"
        return Made(link.request, False, note)
    note = f"what it goes on from by id, response {earlier}, was put before its own messages"
    return Made(gone_on(link.request, before), link.is_whole, note)
