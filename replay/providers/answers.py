"""What asking a model brings: its answer, each attempt made for it, and what is to be known about both."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from replay.model import Response, Usage


class Outcome(StrEnum):
    """How one attempt ended."""

    ANSWERED = "answered"
    INCOMPLETE = "incomplete"  # the stream ended without a finish reason
    MALFORMED = "malformed"  # what came is not what this API sends
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMED_OUT = "timed_out"
    UNREACHED = "unreached"  # no connection was made: nothing was sent
    DISCONNECTED = "disconnected"
    REFUSED = "refused"  # the request itself is wrong for the server: asking again changes nothing


RETRIED: Final = frozenset(set(Outcome) - {Outcome.ANSWERED, Outcome.REFUSED})
# Attempts that ended so may have been paid for although there is no whole answer.
MAYBE_PAID: Final = frozenset(
    {Outcome.INCOMPLETE, Outcome.TIMED_OUT, Outcome.DISCONNECTED, Outcome.MALFORMED}
)


class Attempt(NamedTuple):
    """One request over the wire; `usage` is what an unfinished answer is known to have used, and may cost."""

    outcome: Outcome
    started_ns: int
    duration_ms: float
    status: int | None = None
    detail: str = ""  # what went wrong, without any key
    request_id: str | None = None  # the provider's, for asking its support
    retry_after_s: float | None = None  # what the server asked for
    usage: Usage = Usage()


class Answer(NamedTuple):
    """The answer to one request. Where `response.error` is set, or its finish reason is None, there is none.

    `notes` say what the request lost on its way into the wire form, and what the answer calls for knowing.
    """

    response: Response
    attempts: tuple[Attempt, ...]  # empty where nothing was sent: from the cache, or recorded
    was_cached: bool
    notes: tuple[str, ...]
    key: str = ""  # under which the cache knows the answer

    @property
    def is_complete(self) -> bool:
        """Whether a model finished its answer: only then may it be stored and scored."""
        return self.response.error is None and self.response.finish_reason is not None


class Limits(NamedTuple):
    """How long and how often one call is tried, and how many run beside each other."""

    attempts: int = 6
    total_s: float = 900.0  # all attempts and waits together
    silence_s: float = 300.0  # without a byte from the server: long thoughts send none
    connect_s: float = 10.0
    first_wait_s: float = 0.5  # doubles with each attempt, with jitter, unless the server says how long
    longest_wait_s: float = 60.0
    in_flight: int = 8  # calls of one model beside each other at the start
    most_in_flight: int = 64
