"""What went over the wire in one attempt, as the transport saw it.

Every client reports errors in its own way; this is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from spotlight.errors import ModelRefused


@dataclass(slots=True)
class Exchange:
    """One request and what came back; filled by the transport of the same task."""

    sent_s: float = 0.0  # when the request left, time.perf_counter
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # of the response, names in lower case
    is_timeout: bool = False
    is_unreached: bool = False  # no connection could be made: nothing was sent
    is_broken: bool = False  # the connection broke
    refused: ModelRefused | None = None


CURRENT: Final[ContextVar[Exchange | None]] = ContextVar("exchange", default=None)
