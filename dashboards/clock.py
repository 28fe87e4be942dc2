"""The one time zone in which every page tells times: UTC, the browser's, or any IANA name.

The choice is in the address as `tz`, so an address that is sent shows the same times to everyone, unless
it says `tz=browser`.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

KEY: Final = "tz"
UTC_NAME: Final = "UTC"
BROWSER: Final = "browser"


class Zone(NamedTuple):
    """A time zone: its IANA name, and the rules behind it."""

    name: str
    info: ZoneInfo


@functools.cache
def zone_names() -> tuple[str, ...]:
    """Return what can be chosen: UTC, the browser's zone, then every IANA name with a place in it."""
    return (UTC_NAME, BROWSER, *sorted(name for name in available_timezones() if "/" in name))


@functools.lru_cache(maxsize=64)
def named_zone(name: str) -> Zone:
    """Return the zone of an IANA name; UTC where there is none of that name."""
    known = name if name in available_timezones() else UTC_NAME
    return Zone(known, ZoneInfo(known))


def zone() -> Zone:
    """Return the zone that the reader chose; UTC by default."""
    said = st.session_state.get(KEY) or st.query_params.get(KEY) or UTC_NAME
    return named_zone((st.context.timezone or UTC_NAME) if said == BROWSER else said)


def zone_picker() -> None:
    """Draw the choice; it is drawn outside the pages, so it holds on all of them."""
    if st.query_params.get(KEY) not in (None, *zone_names()):
        del st.query_params[KEY]
    st.selectbox(
        "Times in",
        zone_names(),
        key=KEY,
        bind="query-params",
        help=f"Times on all pages. {BROWSER}: this browser's zone, {st.context.timezone or 'unknown'}.",
    )
