"""Models that answer where the recording ends: asked as any replay asks them, with the user's own key.

The key is the one that an environment variable of Spotlight's process holds for that origin. What the
agent sent as its key stays where it arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from replay.budget import Budget, Hold, Prices, most_tokens
from replay.calling import cost_of
from replay.model import Request
from replay.providers import Answer, Model, Pool, ask, parse_model
from replay.providers.keys import Key
from replay.providers.models import Api
from replay.providers.wires import wire_of
from replay.targets import harmless
from spotlight.errors import ModelRefused, SpotlightError
from spotlight.messages.canonical import Json
from spotlight.pricing.book import default_book

HearOf = Callable[[Api, dict[str, Json]], None]


class Live(NamedTuple):
    """Whom to ask: one model for all requests, or the one that each names, at an address of its API."""

    model: str | None = None  # provider:name
    upstream: str | None = None  # base URL
    key_env: str | None = None
    allow_private: bool = False
    budget_usd: Decimal | None = None
    prices: Prices | None = None  # the library's, unless a data folder has its own

    def purse(self) -> Purse:
        """Return what pays for the requests."""
        return Purse(self.prices or Prices(default_book(None)), self.budget_usd)

    def check(self) -> None:
        """Raise ModelRefused for a model, an address or a key that cannot be used, as far as is known now."""
        if self.model is not None:
            Key(self._named(self.model)).check()
        elif self.upstream is not None:
            Key(self._named("openai:any")).check()

    def warm_up(self) -> None:
        """Import the clients that live requests may need, which takes a second."""
        apis: tuple[Api, ...] = ()
        if self.model is not None:
            apis = (self._named(self.model).api,)
        elif self.upstream is not None:
            apis = ("chat", "messages")
        with suppress(ModelRefused):  # a request that needs it tells
            for api in apis:
                wire_of(api)

    def of(self, request: Request) -> Model:
        """Return the model that answers a request. Raises: ModelRefused, or SpotlightError for none."""
        if self.model is not None:
            return self._named(self.model)
        if self.upstream is None:
            raise SpotlightError(
                "the recording has no answer to this, and no model was named to answer instead",
                hint="serve it with --live-model PROVIDER:NAME or --upstream URL, or up to a later step",
            )
        provider = "openai.responses" if request.api == "responses" else request.provider
        return self._named(f"{provider}:{request.model}")

    def _named(self, text: str) -> Model:
        return parse_model(text, base_url=self.upstream, key_env=self.key_env)


class Purse:
    """Asks models within a budget; None means no limit."""

    def __init__(self, prices: Prices, limit_usd: Decimal | None) -> None:
        self._prices = prices
        self._budget = Budget(limit_usd)
        self.unpriced_calls = 0  # in no sum

    @property
    def spent_usd(self) -> Decimal:
        """What was paid, calls without a price aside; tries that broke off count at most."""
        return self._budget.spent

    async def ask(
        self, pool: Pool, live: Live, request: Request, hear: HearOf | None = None
    ) -> tuple[Answer, tuple[str, ...]]:
        """Return a model's answer, and what was left out of the request: nothing runs at a provider.

        `hear` is told its events as they come, with the API that they are of.

        Raises: SpotlightError where nobody is to be asked, or the budget does not allow it; ModelRefused.
        """
        model = live.of(request)
        asked, left_out = harmless(request)
        tokens = most_tokens(asked, None, is_other_model=True)
        most = self._prices.most(model.provider, model.name, tokens)
        if most is None and self._budget.limit is not None:
            raise SpotlightError(
                f"{model.name} has no price, so no budget holds",
                hint="price it in prices.yaml of the data folder",
            )
        if not await self._budget.reserve(most):
            raise SpotlightError(
                f"{self._budget.limit} USD are not enough for a call that may cost {most} USD, with "
                f"{self.spent_usd} USD spent before",
                hint="serve it with a larger --budget",
            )
        hold = Hold(self._budget, most)
        cost: Decimal | None = None
        is_ended = False
        try:
            heard = None if hear is None else partial(hear, model.api)
            answer = await ask(pool, model, asked, may_go_on=hold.grow, hear=heard)
            cost, is_ended = cost_of(self._prices, model, answer, most), True
        except ModelRefused:
            cost, is_ended = Decimal(0), True
            raise
        finally:  # where we are torn away, what it cost is not known
            cost = cost if is_ended else hold.usd
            await self._budget.settle(hold.usd, cost)
            self.unpriced_calls += cost is None
        return answer, tuple(left_out)
