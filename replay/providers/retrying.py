"""Whether a failed attempt is made again, and when: what the server says, else longer and longer waits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from replay.providers.answers import Limits, Outcome
from replay.providers.exchange import Exchange

_AGAIN: Final = frozenset([408, 409, 425])  # timeout, conflict, too early: fine a moment later
_OVERLOADED: Final = frozenset([429, 529])  # 529 is Anthropic's
_SPENT: Final = ("insufficient_quota", "billing_hard_limit_reached", "credit balance is too low")


def outcome_of(exchange: Exchange, detail: str, *, is_said: bool) -> Outcome:
    """Return how an attempt ended that brought no whole answer; `detail` is what the client says of it.

    `is_said`: the client tells of an error; else it could not read what came.
    """
    if exchange.is_unreached:
        return Outcome.UNREACHED
    if exchange.is_timeout:
        return Outcome.TIMED_OUT
    if exchange.is_broken or exchange.status is None:
        return Outcome.DISCONNECTED
    status = exchange.status
    if status < 300:
        return said_outcome(detail) if is_said else Outcome.MALFORMED
    is_final = exchange.headers.get("x-should-retry") == "false" or any(word in detail for word in _SPENT)
    if is_final:
        return Outcome.REFUSED
    if status in _OVERLOADED:
        return Outcome.RATE_LIMITED
    return Outcome.SERVER_ERROR if status >= 500 or status in _AGAIN else Outcome.REFUSED


def said_outcome(detail: str) -> Outcome:
    """Return the outcome of an error that a server told of within a stream, after a good status."""
    is_limit = "rate_limit" in detail or "overloaded" in detail
    return Outcome.RATE_LIMITED if is_limit else Outcome.SERVER_ERROR


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long a server asks to wait; None where it does not say, or not so that it can be read.

    Seconds or an HTTP date (RFC 9110, 10.2.3), which is taken by the server's own clock where it tells it;
    OpenAI's and Anthropic's `retry-after-ms` counts first.
    """
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            found = float(headers.get(name, "")) * unit_s
        except ValueError:
            continue
        if 0 <= found < float("inf"):
            return found
    until = _date(headers.get("retry-after", ""))
    if until is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def wait_s(attempt: int, asked_s: float | None, limits: Limits) -> float:
    """Return how long to wait after the `attempt`-th attempt, counted from 1; as long as the server asks.

    Else twice as long each time, of which a random half: calls that failed together come back apart.
    """
    if asked_s is not None:
        return asked_s
    longest = min(limits.longest_wait_s, limits.first_wait_s * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
