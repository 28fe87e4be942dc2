"""One model call of a plan: from the journal where it was answered already, else within the budget."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple

from replay.budget import Budget, Hold, Prices, most_tokens
from replay.journal import Answered, Failed, Item, Journal
from replay.model import RecordedCall, Request
from replay.path import Called
from replay.providers.answers import MAYBE_PAID, Answer
from replay.providers.models import Model
from replay.stored import read_response, response_text
from spotlight.errors import ModelRefused, SpotlightError


class Asked(NamedTuple):
    """One question: to whom, what, as which step of which item."""

    item: Item
    step: int
    model: Model
    request: Request
    recorded: RecordedCall | None
    is_same_context: bool = True  # whether the recorded usage is that of this context


# The second says whether another attempt may be made after one that may have been paid.
Ask = Callable[[Asked, Callable[[], bool]], Awaitable[Answer]]


class CallFailed(SpotlightError):
    """A model call that has no answer to go on with."""

    def __init__(self, failed: Failed, *, hint: str = "") -> None:
        super().__init__(failed.error, hint=hint)
        self.failed = failed


class Unfinished(CallFailed):
    """A model call whose answer was never finished: it stands for nothing."""


class OutOfMoney(SpotlightError):
    """The budget of the plan does not allow the next call."""


class Stopped(SpotlightError):
    """The plan was cancelled before this call."""


class Caller:
    """Calls models for one plan; every call is journaled before it is sent and when it has ended."""

    def __init__(self, journal: Journal, budget: Budget, prices: Prices, ask: Ask, in_flight: int) -> None:
        self._journal = journal
        self._budget = budget
        self._prices = prices
        self._ask = ask
        self._slots = asyncio.Semaphore(in_flight)
        self.refusal: ModelRefused | None = None  # why a model cannot be asked at all

    @property
    def is_stopped(self) -> bool:
        """Whether no more calls are sent: somebody cancelled, or a model cannot be asked at all."""
        return self.refusal is not None or self._journal.is_cancelled()

    async def call(self, asked: Asked, answered: dict[int, Answered]) -> Called:
        """Return the answer; `answered` holds what the journal knows of the item.

        Raises: CallFailed or Unfinished where there is none; OutOfMoney; Stopped, also where a model cannot
        be asked at all: that stops the plan (`refusal`), and calls in flight are awaited.
        """
        known = answered.get(asked.step)
        if known is not None:
            return _from_journal(known)
        async with self._slots:
            if self.is_stopped:
                raise Stopped("the replay was cancelled")
            reserved = self.most(asked)
            if not await self._budget.reserve(reserved):
                raise self._out_of_money(reserved)
            return await self._send(asked, Hold(self._budget, reserved))

    def _out_of_money(self, usd: Decimal | None) -> OutOfMoney:
        return OutOfMoney(
            f"{self._budget.limit} USD are not enough for a call that may cost {usd} USD",
            hint="go on with `spotlight replay resume ID --budget MORE`",
        )

    def most(self, asked: Asked) -> Decimal | None:
        """Return what a call costs at most, USD; None where its model has no price."""
        if asked.model.is_recorded:
            return Decimal(0)
        recorded = asked.recorded if asked.is_same_context else None
        usage = recorded.response.usage if recorded and recorded.response else None
        tokens = most_tokens(
            asked.request, usage, is_other_model=is_other(asked), was=recorded.request if recorded else None
        )
        return self._prices.most(asked.model.provider, asked.model.name, tokens)

    async def _send(self, asked: Asked, hold: Hold) -> Called:
        reserved = hold.usd
        attempt = self._journal.begin(asked.item.item, asked.step, reserved)
        cost: Decimal | None = None
        is_ended = False

        def may_go_on() -> bool:
            if not hold.grow():
                return False
            self._journal.reserve(attempt, hold.usd)
            return True

        try:
            try:
                answer = await self._ask(asked, may_go_on)
            except ModelRefused as exc:  # no other call of it would be answered either
                cost, is_ended = Decimal(0), True
                self._journal.failed(attempt, exc.message, cost)
                self.refusal = exc
                raise Stopped("a model cannot be asked") from exc
            cost, is_ended = cost_of(self._prices, asked.model, answer, reserved), True
            facts = _facts(answer)
            if not answer.is_complete:
                why = answer.response.error or "the answer has no finish reason: it is incomplete"
                kind = CallFailed if answer.response.error else Unfinished
                failed = self._journal.failed(attempt, why, cost, json.dumps(facts))
                if hold.is_refused:
                    raise self._out_of_money(reserved)
                raise kind(failed)
            return _from_journal(
                self._journal.done(attempt, response_text(answer.response), cost, json.dumps(facts))
            )
        finally:
            # Where we are torn away, what it cost is not known.
            await self._budget.settle(hold.usd, cost if is_ended else hold.usd)


def cost_of(prices: Prices, model: Model, answer: Answer, reserved: Decimal | None) -> Decimal | None:
    """Return what all tries of a call cost; a try that may have been paid counts at most."""
    if answer.was_cached or model.is_recorded:
        return Decimal(0)
    usages = [tried.usage for tried in answer.attempts if tried.outcome in MAYBE_PAID]
    if answer.is_complete:
        usages.append(answer.response.usage)
    costs: list[Decimal | None] = []
    for usage in usages:
        told = prices.cost(model.provider, answer.response.model, usage, asked=model.name)
        costs.append(reserved if told is None else told)  # without usage: at most
    known = [cost for cost in costs if cost is not None]
    return None if len(known) < len(costs) else sum(known, Decimal(0))


def is_other(asked: Asked) -> bool:
    """Whether another model is asked than the recorded one: its tokens are counted otherwise."""
    recorded = asked.recorded.request if asked.recorded else None
    if recorded is None or recorded.model is None:
        return True
    return asked.model.name not in (recorded.model, f"{recorded.provider}/{recorded.model}")


def _from_journal(known: Answered) -> Called:
    facts = json.loads(known.facts) if known.facts else {}
    return Called(read_response(known.answer), known.cost_usd, known.started_ns, known.ended_ns, facts)


def _facts(answer: Answer) -> dict[str, Any]:
    return {
        "was_cached": answer.was_cached,
        "notes": list(answer.notes),
        "tries": [
            {
                "outcome": tried.outcome.value, "status": tried.status, "detail": tried.detail,
                "started_ns": tried.started_ns, "duration_ms": tried.duration_ms,
            }
            for tried in answer.attempts
        ],
    }  # fmt: skip
