"""The price book: the library's prices, with those of a file in front of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from spotlight.pricing import genai_book, override
from spotlight.pricing.names import CLOSED, COMPATIBLE, LOCAL, UNKNOWN, named
from spotlight.pricing.prices import PriceList

# Why usage has no price, word for word in the lake: reports group by it.
NO_MODEL: Final = "no model reported"
NO_PROVIDER: Final = "provider not in the price book"
NOT_LISTED: Final = "model not in the price book"
AMBIGUOUS: Final = "several providers sell the model and none is named"
OWN_MACHINE: Final = "runs on your own machine: no price"
OTHER_TIME: Final = "no price at that time"
OTHER_UNIT: Final = "priced by another unit than tokens"
TOO_MANY: Final = "too many models at once to look up"

PRICES_FILE: Final = "prices.yaml"  # in the data folder: prices of one's own
_MOST_KEPT: Final = 20_000  # answers; more names than that are a sender's noise


class Offer(NamedTuple):
    """Prices of a model, or the reason why there are none."""

    prices: PriceList | None
    reason: str | None


class Book:
    """Prices by provider, model and time. `name` tells every version of it apart."""

    def __init__(self, overrides: override.Overrides | None = None, *, batch: bool = False) -> None:
        self.overrides = overrides
        self.batch = batch
        own = f" + {overrides.name} {overrides.digest}" if overrides else ""
        self.name = f"{genai_book.book_name()}{own}{' in batches' if batch else ''}"
        self._offers: dict[tuple[str | None, ...], Offer] = {}
        self._fees: dict[tuple[str | None, ...], PriceList | None] = {}

    def in_batches(self) -> Book:
        """Return the same book with the prices of batch interfaces where they are known."""
        return Book(self.overrides, batch=True)

    def offer(self, provider: str | None, model: str | None, request_model: str | None) -> Offer:
        """Return the prices of a model: of the one that answered, else of the one asked for."""
        key = (provider, model, request_model)
        found = self._offers.get(key)
        if found is None:
            if len(self._offers) >= _MOST_KEPT:
                self._offers.clear()
            found = self._offers[key] = self._looked_up(provider, model, request_model)
        return found

    def fee(self, provider: str | None, model: str | None, tool: str) -> PriceList | None:
        """Return what one call of a tool costs; None for a tool without a fee.

        The library's fees are those of a provider's own tools, so the call itself must name provider
        and model: a function of the same name costs nothing that a book could know.
        """
        key = (provider, model, tool)
        if key not in self._fees:
            if len(self._fees) >= _MOST_KEPT:
                self._fees.clear()
            self._fees[key] = self._fee(provider, model, tool)
        return self._fees[key]

    def may_charge(self, tool: str) -> bool:
        """Whether any call of a tool of this name may cost something."""
        return tool in genai_book.TOOL_KEYS or bool(self.overrides and self.overrides.tools)

    def _fee(self, provider: str | None, model: str | None, tool: str) -> PriceList | None:
        if self.overrides:
            names = frozenset(override.names_of(provider))
            if own := override.find_tool(self.overrides, names, tool):
                return own
        seller = genai_book.seller_id(provider or "")
        return genai_book.find_tool(seller, model, tool) if model and seller not in _NOBODY else None

    def _looked_up(self, provider: str | None, model: str | None, request_model: str | None) -> Offer:
        models = tuple(dict.fromkeys(filter(None, (model, request_model))))
        if not models:
            return Offer(None, NO_MODEL)
        listed, reasons = None, []
        seller = ""
        for name in models:
            seller, listed, reason = _listed(provider or "", name)
            if listed:
                break
            reasons.append(reason)
        if self.overrides:
            bare = (*models, *(named(name).model for name in models))
            names = frozenset([*override.names_of(provider), seller])
            if own := override.find_model(self.overrides, names, bare):
                before = listed.periods if listed else ()
                listed = PriceList((*before, *own), 0 if before else -1)
        if listed is None:
            return Offer(None, reasons[0])
        return Offer(_batched(listed) if self.batch else listed, None)


_NOBODY: Final = ("", LOCAL, UNKNOWN)


class _Listed(NamedTuple):
    seller: str
    prices: PriceList | None
    reason: str | None


def _listed(provider: str, model: str) -> _Listed:
    """Return who sells a model and the library's prices for it."""
    seller, prefix = genai_book.seller_id(provider), named(model)
    if LOCAL in (seller, prefix.provider if seller in ("", *COMPATIBLE) else ""):
        return _Listed(LOCAL, None, OWN_MACHINE)
    tries = [(seller, model), (seller, prefix.model), (prefix.provider, prefix.model)]
    for name, text in dict.fromkeys(tries):
        if name not in _NOBODY and (prices := genai_book.find(name, text)):
            return _Listed(name, prices, None)
    if seller == UNKNOWN:
        return _Listed("", None, NO_PROVIDER)
    if seller and seller not in COMPATIBLE:
        return _Listed(seller, None, NOT_LISTED)
    makers = genai_book.makers(prefix.model, CLOSED if seller else None)
    if len(makers) == 1:
        return _Listed(makers[0], genai_book.find(makers[0], prefix.model), None)
    return _Listed(seller, None, AMBIGUOUS if makers else NOT_LISTED)


def _batched(prices: PriceList) -> PriceList:
    periods = [
        p._replace(row=p.row._replace(name=f"{p.row.name} batch", rates=p.row.batch)) if p.row.batch else p
        for p in prices.periods
    ]
    return prices._replace(periods=tuple(periods))


def default_book(overrides: Path | None = None) -> Book:
    """Return the library's prices with those of a price file in front of them.

    Raises: SpotlightError for a price file that cannot be read or is wrong.
    """
    return Book(override.read_overrides(overrides) if overrides else None)


def book_of(data: Path) -> Book:
    """Return the book of a data folder: the library's prices and those of its `prices.yaml`, if it has one.

    Raises: SpotlightError for a price file that cannot be read or is wrong.
    """
    own = data / PRICES_FILE
    return default_book(own if own.exists() else None)
