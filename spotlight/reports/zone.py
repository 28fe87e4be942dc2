"""The time zone in which reports tell times and begin their days and hours: UTC, unless another is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spotlight.errors import SpotlightError

UTC: Final = "UTC"
# Not an argument: a figure is written, and a day begins, far below those who know for whom.
_NAME: Final[ContextVar[str]] = ContextVar("zone", default=UTC)


def zone() -> ZoneInfo:
    """Return the zone that is set here and now."""
    return known_zone(_NAME.get())


@contextmanager
def times_in(name: str) -> Iterator[None]:
    """Set the zone for what is asked and written within. Raises: SpotlightError for a name of no zone."""
    before = _NAME.set(known_zone(name).key)
    try:
        yield
    finally:
        _NAME.reset(before)


def known_zone(name: str) -> ZoneInfo:
    """Return the rules of an IANA time zone. Raises: SpotlightError where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise SpotlightError(
            f"no such time zone: {name!r}", hint="an IANA name, such as Europe/Paris"
        ) from exc
