"""How figures are written for people, everywhere the same: money, time, shares, sizes."""

from __future__ import annotations

import math
from typing import Final

_TIMES: Final = ((1e3, "ms", 1.0), (6e4, "s", 1e3), (3.6e6, "min", 6e4), (1.728e8, "h", 3.6e6))
_NOTHING_USD: Final = 5e-10  # below it, a sum's last binary digits
_DAY_MS: Final = 8.64e7


def money(usd: float) -> str:
    """Return dollars: cents from 1 on, below it three digits that count, below a cent two; no rest is 0."""
    size = abs(usd)
    sign = "-" if usd < 0 else ""
    if size < _NOTHING_USD:
        return "$0"
    if size >= 0.995:
        return f"{sign}${size:,.2f}"
    digits = min(12, (2 if size >= 0.01 else 1) - math.floor(math.log10(size)))
    return f"{sign}${size:.{digits}f}"


def duration(ms: float) -> str:
    """Return milliseconds in the unit people would use, three digits that count."""
    size = abs(ms)
    for limit, unit, of in _TIMES:
        if size < limit * 0.9995:
            return f"{ms / of:.3g} {unit}"
    return f"{ms / _DAY_MS:,.1f} d"


def unit_ms(most: float) -> float:
    """Return how many milliseconds one of the unit has in which times up to `most` are written."""
    return next((of for limit, _, of in _TIMES if most < limit), _DAY_MS)


def percent(part: float) -> str:
    """Return a share of one in per cent; a small rest is not rounded to 0, nor nearly all to 100."""
    value = 100 * part
    if 0 < abs(value) < 0.1 or 99.9 < value < 100:
        return f"{value:.2g}%" if abs(value) < 1 else f"{math.floor(value * 100) / 100:g}%"
    return f"{value:.1f}".rstrip("0").rstrip(".") + "%"


def size(value: int) -> str:
    """Return a size in bytes as a short text, three digits that count."""
    number = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} TiB"
