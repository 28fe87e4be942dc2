"""Money of a replay: what a call may cost, and a limit that holds whatever runs beside each other."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from replay.budget import Budget, Prices, Tokens, most_tokens
from replay.journal import Item
from replay.mocks.ladder import Mocks, Simulate
from replay.mocks.policy import Policy
from replay.mocks.tape import recorded_of
from replay.model import Recording, Usage
from replay.preview import Preview, preview, smallest_effect
from replay.preview_tools import by_variants
from replay.rewriting import Rewriter
from replay.targets import Changes
from spotlight.messages.canonical import Text
from spotlight.pricing import default_book
from tests.replay.scripted import Turn, calls, recorded, says, sealed_of

CALL = recorded(Turn(says("Hi."))).calls[0].request


def test_what_a_call_may_cost_at_most() -> None:
    """Recorded input, a third more for another tokenizer, and the output that the request allows."""
    usage = Usage(1000, 50)
    assert Tokens(1000, 4096) == most_tokens(CALL, usage, is_other_model=False)
    assert Tokens(1350, 4096) == most_tokens(CALL, usage, is_other_model=True)
    assert Tokens(1000, 8000) == most_tokens(CALL, Usage(1000, 2000), is_other_model=False)
    limited = CALL._replace(params={"max_tokens": 200})
    assert Tokens(1000, 200) == most_tokens(limited, usage, is_other_model=False)
    longer = CALL._replace(system=(*CALL.system, Text("x" * 3000)))  # 1,000 tokens, and some for the JSON
    assert 2000 <= most_tokens(longer, usage, is_other_model=False, was=CALL).input < 2050
    assert Tokens(1000, 4096) == most_tokens(CALL, usage, is_other_model=False, was=longer)
    unknown = most_tokens(CALL, None, is_other_model=False)
    assert 30 < unknown.input < 60  # 120 bytes of JSON or so, 3 to a token


def test_prices_are_the_books() -> None:
    """USD per million tokens of gpt-4o-mini: 0.15 in, 0.075 from the cache, 0.60 out; no price is no sum."""
    prices = Prices(default_book())
    assert Decimal("0.00075") == prices.most("openai", "gpt-4o-mini", Tokens(1000, 1000))
    cached = prices.cost("openai", "gpt-4o-mini-2024-07-18", Usage(1000, 1000, 1000), asked="gpt-4o-mini")
    assert Decimal("0.000675") == cached
    assert prices.most("openai", "my-own", Tokens(1, 1)) is None
    assert "model not in the price book" == prices.reason("openai", "my-own")
    assert prices.cost("openai", "gpt-4o-mini", Usage()) is None


def test_a_preview_tells_of_each_variant() -> None:
    """What would answer the tools may differ by pack; results made up are in the cost of closed loops."""
    run = recorded(Turn(calls("find", {"to": "Oslo"}), result=7), Turn(says("Flight 7.")))
    silent = run._replace(tools=(run.tools[0]._replace(has_result=False, result=None),))
    policy = Policy.model_validate({"tools": {"find": {"simulate": True}}})
    variants = [{"name": "a", "model": "recorded"}, {"name": "b", "model": "recorded"}]
    said: dict[str, Any] = {
        "variants": variants,
        "simulate": "openai:gpt-4o-mini",
        "repeat": 2,
        "max_steps": 3,
    }

    def mocks(one: Recording, item: Item, step: int, simulate: Simulate | None) -> Mocks:
        own = {"tools": {"find": {"kind": "ignore_args", "result": 1}}} if item.variant == "b" else policy
        return Mocks(recorded_of(one), policy=Policy.model_validate(own), from_step=step, simulate=simulate)

    def look(mode: str) -> Preview:
        sealed = sealed_of([silent], policy, **said, mode=mode)
        rewriters = {variant.name: Rewriter(variant) for variant in sealed.plan.all_variants()}
        return asyncio.run(
            preview(
                sealed, lambda _: silent, Prices(default_book()),
                lambda name, one: Changes(rewriters[name], one), mocks,
            )
        )  # fmt: skip

    loop, steps = look("closed"), look("step")
    assert {"a": {"simulated": 1}, "b": {"policy": 1}} == loop.rungs == steps.rungs
    assert [("a", {"simulated": 1}), ("b", {"policy": 1})] == by_variants(loop.rungs)
    assert [("", {"policy": 1})] == by_variants({"a": {"policy": 1}, "b": {"policy": 1}})
    assert (2, 0) == (loop.made_up, steps.made_up)
    assert 0 == steps.worst_usd < loop.expected_usd < loop.worst_usd
    most = Prices(default_book()).most("openai", "gpt-4o-mini", Tokens(0, 4096)) or 0
    assert 2 * 3 * most < loop.worst_usd < 2 * 3 * most * 2  # two repeats of three steps


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 100)), max_size=30),
    st.integers(0, 300),
)
def test_a_budget_is_never_passed(calls: list[tuple[int, int]], limit: int) -> None:
    """Whatever runs beside each other, what is spent and set aside stays within; no call waits for ever."""
    most = 0

    async def all_calls() -> Budget:
        budget = Budget(Decimal(limit))

        async def one(reserved: int, share: int) -> None:
            nonlocal most
            if await budget.reserve(Decimal(reserved)):
                most = max(most, int(budget.spent + budget.reserved))
                await asyncio.sleep(0)
                await budget.settle(Decimal(reserved), Decimal(reserved * share // 100))

        await asyncio.wait_for(asyncio.gather(*(one(*call) for call in calls)), 10)
        return budget

    budget = asyncio.run(all_calls())
    assert most <= limit
    assert budget.spent <= limit
    assert 0 == budget.reserved


def test_the_smallest_effect_that_shows() -> None:
    """As published for the variance of tau-bench: 50 runs 21 points, asked three times 12, 200 runs 6."""
    told = {(50, 1): 0.21, (50, 3): 0.12, (100, 3): 0.088, (200, 3): 0.062, (500, 5): 0.03}
    found = {case: smallest_effect(*case) for case in told}
    assert told == {case: round(value or 0, 3 if told[case] < 0.1 else 2) for case, value in found.items()}
    assert smallest_effect(1, 9) is None
