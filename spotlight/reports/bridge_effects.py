"""The arithmetic of a bridge: the factors of a cost, and what each adds when it alone is exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Key = tuple[str | None, str | None]  # pack, model

# Token classes: those of the input first.
CLASSES: Final = ("uncached", "cache_read", "cache_write", "output")
# Line of the bridge -> the factors that are exchanged in it, in the order of the exchange.
EXCHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "volume": ("runs",),
    "pack_mix": ("pack_share",),
    "calls_per_run": ("calls_per_run",),
    "model_mix": ("model_share",),
    "retries": ("retries_per_call",),
    "input_tokens": ("input_per_call",),
    "output_tokens": ("output_per_call",),
    "cache": ("read_share", "write_share"),
    "coverage": ("priced_share",),
    "price": ("price", "fee_per_call"),
}


class Cells(NamedTuple):
    """What one side did: arrays with one value per cell, a (pack, model) of either side."""

    runs: Array  # of the cell's pack
    all_runs: float  # of all packs
    calls: Array  # paid calls that are no retries
    pack_calls: Array  # of the cell's pack
    retries: Array
    priced_calls: Array
    tokens: Array  # of priced calls: a row per class
    usd: Array  # a row per class
    cost_usd: Array


class Factors(NamedTuple):
    """The factors of a side's cost per cell; NaN where the side has nothing to tell one from."""

    runs: Array
    pack_share: Array
    calls_per_run: Array
    model_share: Array
    retries_per_call: Array
    input_per_call: Array
    output_per_call: Array
    read_share: Array
    write_share: Array
    priced_share: Array
    price: Array  # USD per token: a row per class
    fee_per_call: Array


def cells(
    keys: Sequence[Key], rows: Sequence[Mapping[str, object]], packs: Sequence[Mapping[str, object]]
) -> Cells:
    """Return one side's rows of `bridge_cells` and `bridge_packs` as arrays in the order of `keys`."""
    found = {(row["pack"], row["model"]): row for row in rows}
    runs_of = {row["pack"]: row["runs"] for row in packs}

    def column(name: str) -> Array:
        return np.array([found[key][name] if key in found else 0 for key in keys], np.float64)

    calls, retries = column("calls"), column("retries")
    lone = calls == 0  # the first try is not among the calls that match
    calls, retries = np.where(lone, retries, calls), np.where(lone, 0, retries)
    number = {pack: at for at, pack in enumerate(dict.fromkeys(pack for pack, _ in keys))}
    pack_of = np.array([number[pack] for pack, _ in keys], np.int64)
    return Cells(
        np.array([runs_of.get(pack, 0) for pack, _ in keys], np.float64),
        float(sum(int(str(row["runs"])) for row in packs)),
        calls,
        np.asarray(np.bincount(pack_of, calls, len(number))[pack_of], np.float64),
        retries,
        column("priced_calls"),
        np.array([column(f"{name}_tokens") for name in CLASSES]),
        np.array([column(f"{name}_usd") for name in CLASSES]),
        column("cost_usd"),
    )


def factors(side: Cells) -> Factors:
    """Return the factors of one side's cost."""
    uncached, read, written, output = side.tokens
    whole = uncached + read + written
    of_class = np.where(side.tokens > 0, side.usd, 0).sum(axis=0)
    return Factors(
        runs=np.full(len(side.calls), side.all_runs),
        pack_share=_ratio(side.runs, np.full(len(side.calls), side.all_runs)),
        calls_per_run=_ratio(side.pack_calls, side.runs),
        model_share=_ratio(side.calls, side.pack_calls),
        retries_per_call=_ratio(side.retries, side.calls),
        input_per_call=_ratio(whole, side.priced_calls),
        output_per_call=_ratio(output, side.priced_calls),
        read_share=_ratio(read, whole),
        write_share=_ratio(written, whole),
        priced_share=_ratio(side.priced_calls, side.calls + side.retries),
        price=_ratio(side.usd, side.tokens),
        fee_per_call=_ratio(side.cost_usd - of_class, side.priced_calls),
    )


def effects(before: Cells, after: Cells) -> dict[str, Array]:
    """Return what each exchange adds to the cost of each cell, from before to after, in order."""
    first, last = factors(before), factors(after)
    now = Factors(*(_known(one, other) for one, other in zip(first, last, strict=True)))
    then = Factors(*(_known(one, other) for one, other in zip(last, first, strict=True)))
    found: dict[str, Array] = {}
    cost = _cost(now)
    for line, names in EXCHANGES.items():
        now = now._replace(**{name: getattr(then, name) for name in names})
        exchanged = _cost(now)
        found[line], cost = exchanged - cost, exchanged
    return found


def _cost(of: Factors) -> Array:
    uncached, read, written, output = of.price
    calls = of.runs * of.pack_share * of.calls_per_run * of.model_share * (1 + of.retries_per_call)
    token = uncached * (1 - of.read_share - of.write_share) + read * of.read_share + written * of.write_share
    per_call = of.input_per_call * token + of.output_per_call * output + of.fee_per_call
    return np.asarray(calls * of.priced_share * per_call)


def _ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, NaN where there is no whole."""
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def _known(own: Array, other: Array) -> Array:
    """Return the own values, where they are not known the other side's, and 0 where neither is."""
    return np.asarray(np.nan_to_num(np.where(np.isnan(own), other, own)))
