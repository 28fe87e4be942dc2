"""Where the axes of charts about time have their ticks, and what those say: durations and local times."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from dashboards.clock import Zone

SECOND_NS: Final = 1_000_000_000
MOST_TICKS: Final = 8
# Durations that people count in, ms.
ROUND_MS: Final = (
    *(0.001, 0.01, 0.1, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000),
    *(60_000 * minutes for minutes in (1, 2, 5, 10, 20)),
    *(3_600_000 * hours for hours in (1, 2, 5, 12, 24, 48, 120, 240, 480, 24_000)),
)
# Of which several make a round one: 15 and 20 s make a minute, 50 s does not.
EVEN_MS: Final = (
    *(n * 10.0**power for power in range(-3, 4) for n in (1, 2, 5)), *(10_000, 15_000, 20_000, 30_000),
    *(60_000 * minutes for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(3_600_000 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 120, 240, 480)),
)  # fmt: skip
UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms"), (0.001, "µs"))
# Steps between ticks of local time, and how a tick of each is written; "%d %b" is added at midnight.
STEPS: Final = (
    *((timedelta(seconds=n), "%H:%M:%S") for n in (1, 5, 15, 30)),
    *((timedelta(minutes=n), "%H:%M") for n in (1, 5, 15, 30)),
    *((timedelta(hours=n), "%H:%M") for n in (1, 3, 6, 12)),
    *((timedelta(days=n), "%d %b") for n in (1, 2, 4, 7, 14)),
    *((timedelta(days=n), "%b %Y") for n in (31, 92, 184, 366, 3_660)),
)


class Tick(NamedTuple):
    """A tick: where it stands, in buckets from the first edge, and what it says."""

    at: float
    label: str


def short_duration(ms: float) -> str:
    """Return a round duration as an axis says it: 200 ms, 5 s, 2 min."""
    for size, unit in UNITS:
        if ms >= size:
            return f"{ms / size:g} {unit}"
    return "0"


def duration_ticks(edges_ms: Sequence[float], most: int = MOST_TICKS) -> list[Tick]:
    """Return ticks at round durations within edges of which those above 0 have equal ratios."""
    low = next((edge for edge in edges_ms if edge > 0), None)
    if low is None:
        return [Tick(0.0, "0")]
    within = [ms for ms in ROUND_MS if low <= ms <= edges_ms[-1]]
    step = max(1, math.ceil(len(within) / most))
    ticks = [Tick(_place(ms, edges_ms), short_duration(ms)) for ms in within[::step]]
    return [Tick(0.0, "0"), *ticks] if edges_ms[0] == 0 else ticks


def even_ticks(longest_ms: float, most: int = 6) -> list[float]:
    """Return round durations from 0 on, equally far apart, the last not below `longest_ms`."""
    step = next((ms for ms in EVEN_MS if longest_ms / ms <= most), longest_ms / most)
    return [step * at for at in range(math.ceil(longest_ms / step) + 1)]


def duration_label(ticks_ms: Sequence[float]) -> str:
    """Return the Vega expression that names durations which are equally far apart, all in one unit."""
    size, unit = next((size, unit) for size, unit in UNITS if ticks_ms[1] >= size or size < 1)
    return f"datum.value == 0 ? '0' : format(datum.value / {size:g}, ',~r') + ' {unit}'"


def _place(ms: float, edges_ms: Sequence[float]) -> float:
    row = min(bisect.bisect_right(edges_ms, ms), len(edges_ms) - 1) - 1
    low, high = edges_ms[row], edges_ms[row + 1]
    if low <= 0:
        return float(row)
    return round(row + math.log(ms / low) / math.log(high / low), 3)


def local(ns: int, zone: Zone) -> datetime:
    """Return a moment, ns UTC, as local time without a zone."""
    return datetime.fromtimestamp(ns // SECOND_NS, zone.info).replace(tzinfo=None)


def local_ticks(first: datetime, last: datetime, most: int = MOST_TICKS) -> list[tuple[datetime, str]]:
    """Return round local times from first to last, and what each says; at least one."""
    step, form = next((s for s in STEPS if (last - first) / s[0] <= most), STEPS[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + math.ceil((first - midnight) / step) * step
    times = []
    while at <= last:
        times.append(at)
        at += step
    if not times:
        return [(first, first.strftime("%d %b %H:%M"))]
    told = []
    for place, time in enumerate(times):
        is_day = step < timedelta(days=1) and (not place or time.date() != times[place - 1].date())
        told.append((time, time.strftime(f"%d %b {form}" if is_day else form)))
    return told


def time_ticks(edges_ns: Sequence[int], zone: Zone) -> list[Tick]:
    """Return ticks at round local times within edges that are equally far apart."""
    first, last = edges_ns[0], edges_ns[-1]
    width = (last - first) / (len(edges_ns) - 1)
    ticks = []
    for time, label in local_ticks(local(first, zone), local(last, zone)):
        ns = int(time.replace(tzinfo=zone.info).timestamp()) * SECOND_NS
        ticks.append(Tick(round(max(0.0, (ns - first) / width), 3), label))
    return ticks


def said(ticks: Sequence[Tick]) -> str:
    """Return the Vega expression that names these ticks; the labels are ours, none is from a span."""
    names = ",".join(f"'{tick.at:g}':'{tick.label}'" for tick in ticks)
    return "{" + names + "}['' + datum.value]"
