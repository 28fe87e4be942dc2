"""What a call costs, what it may cost at most, and the hard limit of a plan's money.

Prices come from the one price book of the data folder (`spotlight.pricing`); a model without a price
costs None, which is neither nothing nor in any sum.
"""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Final, NamedTuple

from replay.model import Request, Usage
from spotlight.messages.canonical import message_json, part_json
from spotlight.pricing import Book
from spotlight.pricing.explain import explain, total, unit_prices
from spotlight.pricing.prices import PriceRow

# How many more tokens another vendor's tokenizer makes of the same text, at most, of those measured.
OTHER_TOKENIZER: Final = 1.35
# UTF-8 bytes per token, at least, of text whose tokens nobody counted: English has 4, Chinese 3.
_BYTES_PER_TOKEN: Final = 3
# Output to expect at most where the request sets no limit of its own.
_LEAST_OUTPUT: Final = 4_096
_TIMES_RECORDED: Final = 4
_OUTPUT_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class Tokens(NamedTuple):
    """Input and output tokens of a call that was not made yet."""

    input: int
    output: int


class Prices:
    """The prices of a book for single calls."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def reason(self, provider: str | None, model: str | None) -> str | None:
        """Return why a model has no price, None where it has one."""
        if self._row(provider, model, None, time.time_ns()) is not None:
            return None
        return self._book.offer(provider, model, None).reason or "no price at that time"

    def cost(
        self, provider: str | None, model: str | None, usage: Usage, *,
        asked: str | None = None, at_ns: int | None = None,
    ) -> Decimal | None:  # fmt: skip
        """Return what a call cost, USD; None without a price, or where a side of its usage is not told.

        `model` is the one that answered, `asked` the one that was asked for; `at_ns` (UTC) says when,
        now by default.
        """
        row = self._row(provider, model or asked, asked, at_ns or time.time_ns())
        if row is None or (usage.input_tokens is None or usage.output_tokens is None):
            return None
        counted = usage._asdict()
        prices = unit_prices(counted, row)
        return None if prices is None else total(explain(counted, prices))

    def most(self, provider: str | None, model: str | None, tokens: Tokens) -> Decimal | None:
        """Return what a call of so many tokens costs where nothing of it is found in a cache."""
        return self.cost(provider, model, Usage(tokens.input, tokens.output))

    def _row(self, provider: str | None, model: str | None, asked: str | None, at_ns: int) -> PriceRow | None:
        offer = self._book.offer(provider, model, asked)
        return offer.prices.at(at_ns) if offer.prices else None


def size_of(request: Request) -> int:
    """Return how many bytes of JSON a request's instructions, messages and tools are."""
    parts = [part_json(part) for part in request.system]
    messages = [message_json(message) for message in request.messages]
    tools = [tool.raw for tool in request.tools or ()]
    return len(
        json.dumps([parts, messages, tools], default=str, ensure_ascii=False).encode("utf-8", "replace")
    )


def most_tokens(
    request: Request, recorded: Usage | None, *, is_other_model: bool, was: Request | None = None
) -> Tokens:
    """Return how many tokens a call may have at most.

    `recorded` is the usage of the same context, None where the context is another: then its size decides.
    `was` is the request that it is of: what a variant made longer, such as its instructions, comes on top.
    Output is what the request allows; without a limit, the more of 4,096 tokens and four times what was
    recorded, which a model may pass.
    """
    known = recorded.input_tokens if recorded else None
    if known is None:
        known = -(-size_of(request) // _BYTES_PER_TOKEN)
    elif was is not None:
        known += _added(request, was)
    factor = OTHER_TOKENIZER if is_other_model else 1.0
    limits = [request.params.get(name) for name in _OUTPUT_LIMITS]
    limit = next((int(value) for value in limits if isinstance(value, int | float) and value > 0), None)
    if limit is None:
        limit = max(_LEAST_OUTPUT, _TIMES_RECORDED * ((recorded.output_tokens if recorded else None) or 0))
    return Tokens(round(known * factor), limit)


def _added(request: Request, was: Request) -> int:
    """Return how many tokens a request may have more than another, by their sizes."""
    if (request.system, request.messages, request.tools) == (was.system, was.messages, was.tools):
        return 0
    return -(-max(0, size_of(request) - size_of(was)) // _BYTES_PER_TOKEN)


def likely_tokens(
    request: Request, recorded: Usage | None, *, is_other_model: bool, was: Request | None = None
) -> Tokens:
    """Return how many tokens a call has if it goes like the recorded one."""
    most = most_tokens(request, recorded, is_other_model=is_other_model, was=was)
    known = recorded.input_tokens if recorded else None
    if known is not None and was is not None:
        known += _added(request, was)
    output = recorded.output_tokens if recorded else None
    middle = (1 + OTHER_TOKENIZER) / 2 if is_other_model else 1.0
    return Tokens(
        round(known * middle) if known is not None else most.input,
        min(output if output is not None else most.output // 8, most.output),
    )


class Budget:
    """A hard limit: money is reserved before a call is sent, and settled when it has ended.

    One event loop uses it; None means no limit.
    """

    def __init__(self, limit_usd: Decimal | None, spent_usd: Decimal = Decimal(0)) -> None:
        self.limit = limit_usd
        self.spent = spent_usd
        self.reserved = Decimal(0)
        self._changed = asyncio.Condition()

    async def reserve(self, usd: Decimal | None) -> bool:
        """Set money aside for a call; False where the limit does not allow it.

        Waits for calls in flight where what they give back may be enough. What has no price reserves
        nothing: plans with such models are refused before, or the user allowed them.
        """
        if self.limit is None or usd is None:
            self.reserved += usd or 0
            return True
        async with self._changed:
            while self.spent + self.reserved + usd > self.limit:
                if not self.reserved or self.spent + usd > self.limit:
                    return False
                await self._changed.wait()
            self.reserved += usd
            return True

    def take(self, usd: Decimal | None) -> bool:
        """Set money aside as `reserve` does, but without waiting."""
        if self.limit is not None and usd is not None and self.spent + self.reserved + usd > self.limit:
            return False
        self.reserved += usd or 0
        return True

    async def settle(self, reserved: Decimal | None, spent: Decimal | None) -> None:
        """Give back what was set aside for a call and count what it cost."""
        async with self._changed:
            self.reserved -= reserved or 0
            self.spent += spent or 0
            self._changed.notify_all()


class Hold:
    """What is set aside for one call: as much again for each attempt after one that may have been paid."""

    def __init__(self, budget: Budget, usd: Decimal | None) -> None:
        """Hold what `Budget.reserve` has set aside already."""
        self.usd = usd
        self.is_refused = False
        self._budget = budget
        self._each = usd

    def grow(self) -> bool:
        """Set aside as much as for the first attempt; False where the limit does not allow it now.

        Never waits: calls that wait for what the others hold would wait for each other.
        """
        self.is_refused = not self._budget.take(self._each)
        if not self.is_refused and self.usd is not None and self._each is not None:
            self.usd += self._each
        return not self.is_refused
