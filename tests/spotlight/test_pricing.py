"""Prices of single steps, computed by hand."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from spotlight.errors import SpotlightError
from spotlight.pricing import Book, default_book
from tests.spotlight.price_rows import NOON, at, price, priced

GPT_4O = {"provider": "openai", "model": "gpt-4o"}  # 2.50 in, 1.25 cached, 10 out
CLAUDE = {"provider": "anthropic", "model": "claude-sonnet-4-5"}  # 3, 0.30, 3.75 or 6 for an hour, 15
PARTS = ("input_cost_usd", "cache_read_cost_usd", "cache_write_cost_usd", "output_cost_usd", "fees_usd")
FILE = """
currency: USD
prices:
  - {provider: openai, model: gpt-4o, from: 2026-01-01, until: 2026-07-01, input: 2, output: 8}
  - {provider: openai, model: gpt-4o, from: 2026-07-01, input: 1, output: 4, per_request: 0.01}
  - provider: acme
    model: house-70b
    input: 0.5
    cache_read: 0.05
    output: 1.5
    reasoning: 3
    batch_discount: 0.4
    tiers:
      - {above_input: 1000, input: 1, output: 2}
      - {above_input: 2000, input: 4}
  - {model: llama3*, input: 0, output: 0}
tools:
  - {tool: crm_lookup, per_call: 0.02}
  - {tool: web_search, provider: acme, per_call: 0.03, from: 2026-06-01}
"""


@pytest.fixture(scope="module")
def book() -> Book:
    """Return the library's prices."""
    return default_book()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Return the book with a price file in front of it."""
    path = tmp_path_factory.mktemp("prices") / "prices.yaml"
    path.write_text(FILE)
    return default_book(path)


def test_plain_usage(book: Book) -> None:
    """1,000 tokens in at 2.50 and 200 out at 10 per million cost 0.0025 + 0.002."""
    found = price(book, **GPT_4O, input_tokens=1000, output_tokens=200)
    assert pytest.approx(0.0045, rel=1e-12) == found["cost_usd"]
    assert [0.0025, None, None, 0.002, None] == [found[part] for part in PARTS]
    assert (book.name, "openai/gpt-4o", None) == tuple(
        found[n] for n in ("price_book", "price_row", "unpriced_reason")
    )
    assert {"input": 2.5, "output": 10} == json.loads(found["unit_prices"])


def test_cached_usage(book: Book) -> None:
    """Of 10,000 tokens 6,000 were read, 3,000 written, 1,000 of them for an hour: none is charged twice."""
    found = price(
        book, **CLAUDE, input_tokens=10_000, cache_read_tokens=6000, cache_write_tokens=3000,
        cache_write_1h_tokens=1000, output_tokens=500, reasoning_tokens=400,
    )  # fmt: skip
    assert pytest.approx([0.003, 0.0018, 0.0075 + 0.006, 0.0075]) == [found[part] for part in PARTS[:4]]
    assert pytest.approx(0.0258, rel=1e-12) == found["cost_usd"]


def test_an_hour_costs_twice_the_input_where_the_book_says_nothing(book: Book) -> None:
    """Claude on Bedrock has no hourly price in the book: 2 × 3 USD per million, and the row says so."""
    found = price(
        book, provider="aws.bedrock", model="us.anthropic.claude-sonnet-4-20250514-v1:0",
        input_tokens=1_000_000, cache_write_tokens=1_000_000, cache_write_1h_tokens=1_000_000,
    )  # fmt: skip
    assert 6.0 == found["cost_usd"]
    assert "cache_write_1h at twice the input price" in found["price_row"]


def test_a_class_without_a_price_is_charged_as_what_it_is_part_of(book: Book) -> None:
    """Groq's row has no price for cached input: it is charged as input, and the row says so."""
    found = price(
        book, provider="groq", model="llama-3.3-70b-versatile", input_tokens=1000, cache_read_tokens=400,
        output_tokens=0,
    )  # fmt: skip
    assert pytest.approx(1000 * 0.59 / 1e6) == found["cost_usd"]
    assert "groq/llama-3.3-70b-versatile (cache_read at the input price)" == found["price_row"]


@pytest.mark.parametrize(("tokens", "rates"), [(200_000, (3, 15)), (200_001, (6, 22.5))])
def test_a_large_prompt_raises_the_price_of_the_whole_call(book: Book, tokens: int, rates: Any) -> None:
    """Above 200,000 tokens of input, every token has the second price, the output's too."""
    found = price(book, **CLAUDE, input_tokens=tokens, output_tokens=1000)
    assert pytest.approx((tokens * rates[0] + 1000 * rates[1]) / 1e6) == found["cost_usd"]
    assert ("input above 200000" in found["price_row"]) == (tokens > 200_000)


def test_the_price_in_force_at_the_start_counts(book: Book) -> None:
    """o3 cost 10 in and 40 out until 2025-06-10, 2 and 8 from then on, to the nanosecond."""
    turn = at("2025-06-10T00:00")
    call = {"provider": "openai", "model": "o3", "input_tokens": 1000, "output_tokens": 100}
    rows = [call | {"started_ns": ns} for ns in (turn - 1, turn)]
    assert pytest.approx([0.014, 0.0028]) == [row["cost_usd"] for row in priced(book, *rows)]


def test_prices_by_time_of_day(book: Book) -> None:
    """DeepSeek's chat model is cheaper outside 00:30 to 16:30 UTC."""
    call = {"provider": "deepseek", "model": "deepseek-chat", "input_tokens": 1000, "output_tokens": 0}
    times = ("00:29", "00:30", "16:29", "16:30")
    rows = [call | {"started_ns": at(f"2025-03-01T{time}")} for time in times]
    costs = [row["cost_usd"] for row in priced(book, *rows)]
    assert pytest.approx([0.000135, 0.00027, 0.00027, 0.000135]) == costs


def test_fees_per_request(book: Book) -> None:
    """Perplexity charges 12 USD per thousand requests beside the tokens."""
    found = price(book, provider="perplexity", model="sonar", input_tokens=1000, output_tokens=1000)
    assert pytest.approx(0.012 + 0.002) == found["cost_usd"]
    assert 0.012 == found["fees_usd"]


def test_reasoning_with_a_price_of_its_own_is_taken_out_of_the_output(own: Book) -> None:
    """Of 100 tokens out 60 were reasoning, at 3 instead of 1.5: (40 × 1.5 + 60 × 3) / 1e6."""
    found = price(
        own, provider="acme", model="house-70b", input_tokens=0, output_tokens=100, reasoning_tokens=60
    )
    assert pytest.approx(0.00024) == found["output_cost_usd"]


@pytest.mark.parametrize(
    ("tokens", "cost"), [(1000, 0.0005), (1001, 0.001001), (2000, 0.002), (2001, 0.008004)]
)
def test_tiers_of_a_price_file(own: Book, tokens: int, cost: float) -> None:
    """A tier holds for calls whose input is larger than it says."""
    found = price(own, provider="acme", model="house-70b", input_tokens=tokens, output_tokens=0)
    assert pytest.approx(cost) == found["cost_usd"]


@pytest.mark.parametrize(
    ("day", "cost", "row"),
    [
        ("2025-12-31T23:59", 0.0125, "openai/gpt-4o"),
        ("2026-01-01T00:00", 0.01, "prices.yaml: openai/gpt-4o since 2026-01-01"),
        ("2026-06-30T23:59", 0.01, "prices.yaml: openai/gpt-4o since 2026-01-01"),
        ("2026-07-01T00:00", 0.015, "prices.yaml: openai/gpt-4o since 2026-07-01"),
    ],
)
def test_a_price_file_goes_before_the_library_in_its_time(own: Book, day: str, cost: float, row: str) -> None:
    """Outside the dates of its entries the library's price holds."""
    found = price(own, **GPT_4O, input_tokens=1000, output_tokens=1000, started_ns=at(day))
    assert (pytest.approx(cost), row) == (found["cost_usd"], found["price_row"])


def test_the_books_name_tells_price_files_apart(own: Book, book: Book) -> None:
    """The name has the library's version and the file's digest."""
    assert own.name.startswith(f"{book.name} + prices.yaml ")
    assert own.name != book.name


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"provider": "openai"}, "no model reported"),
        ({"provider": "openai", "model": "gpt-99"}, "model not in the price book"),
        ({"provider": "acme inc", "model": "gpt-4o"}, "provider not in the price book"),
        ({"provider": "ollama", "model": "llama3"}, "runs on your own machine: no price"),
        ({"model": "ollama/llama3"}, "runs on your own machine: no price"),
        ({"provider": "openai", "model": "ft:gpt-4.1-2025-04-14:us::1"}, "model not in the price book"),
        ({"provider": "groq", "model": "whisper-large-v3"}, "priced by another unit than tokens"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_usage_without_a_price_says_why(book: Book, row: dict[str, str], reason: str) -> None:
    """The cost is unknown, not 0, and the reason stands beside it."""
    found = price(book, **row, input_tokens=10, output_tokens=1)
    assert (None, None, book.name) == tuple(found[n] for n in ("cost_usd", "unit_prices", "price_book"))
    assert reason == found["unpriced_reason"]


def test_before_the_first_entry_of_a_file_there_is_no_price(tmp_path: Path) -> None:
    """A model that only the file knows has no price outside the dates of its entries."""
    path = tmp_path / "prices.yaml"
    path.write_text("prices: [{model: house, from: 2026-02-01, until: 2026-03-01, input: 1, output: 1}]")
    rows = [
        {"model": "house", "input_tokens": 1000, "output_tokens": 0, "started_ns": at(f"{day}T00:00")}
        for day in ("2026-01-31", "2026-02-01", "2026-03-01")
    ]
    late = "no price at that time"
    assert [(None, late), (0.001, None), (None, late)] == [
        (row["cost_usd"], row["unpriced_reason"]) for row in priced(default_book(path), *rows)
    ]


def test_free_models_cost_nothing(book: Book, own: Book) -> None:
    """A model with the price 0 costs 0.0, which is known, in the book as in a price file."""
    free = price(
        book, provider="openrouter", model="openai/gpt-oss-20b:free", input_tokens=10, output_tokens=1
    )
    house = price(own, provider="ollama", model="llama3.2", input_tokens=10, output_tokens=1)
    assert [(0.0, None)] * 2 == [(row["cost_usd"], row["unpriced_reason"]) for row in (free, house)]


def test_no_tokens_cost_nothing(book: Book) -> None:
    """Usage of 0 tokens is known usage: it costs 0.0."""
    found = price(book, **GPT_4O, input_tokens=0, output_tokens=0)
    assert (0.0, 0.0, 0.0, "{}") == tuple(
        found[n] for n in ("cost_usd", "input_cost_usd", "output_cost_usd", "unit_prices")
    )


def test_an_embedding_has_no_output(book: Book) -> None:
    """Output that is not reported leaves its part unknown; the rest has its price."""
    found = price(
        book, provider="openai", model="text-embedding-3-small", kind="embedding", input_tokens=1_000_000
    )
    assert (0.02, None) == (found["cost_usd"], found["output_cost_usd"])


def test_steps_without_usage_have_no_price_and_no_reason(book: Book) -> None:
    """Roll-ups, duplicates, calls without usage and tools are NULL in every column."""
    rows = [GPT_4O | {"usage_role": role, "input_tokens": 10} for role in ("rollup", "duplicate", "none")]
    rows += [GPT_4O, {"kind": "tool", "tool_name": "crm_lookup", "usage_role": "none"}]
    assert [{None}] * 5 == [set(row.values()) for row in priced(book, *rows)]


def test_tools_cost_what_the_file_says(own: Book) -> None:
    """A fee may be for every caller, or for one provider's tool from a day on."""
    tool = {"kind": "tool", "usage_role": "none", "input_tokens": 5}
    rows = [
        tool | {"tool_name": "crm_lookup"},
        tool | {"tool_name": "web_search", "provider": "acme"},
        tool | {"tool_name": "web_search", "provider": "acme", "started_ns": at("2026-05-31T23:59")},
        tool | {"tool_name": "web_search"},
    ]
    found = priced(own, *rows)
    assert [0.02, 0.03, None, None] == [row["cost_usd"] for row in found]
    assert [0.02, 0.03, None, None] == [row["fees_usd"] for row in found]
    assert {None} == set(found[2].values())


def test_a_providers_own_tool_has_the_books_fee(book: Book) -> None:
    """A search that OpenAI runs for gpt-4o costs 0.01; a function of that name costs nothing known."""
    tool = {"kind": "tool", "usage_role": "none", "tool_name": "web_search"}
    assert [0.01, None] == [row["cost_usd"] for row in priced(book, tool | GPT_4O, tool)]


def test_the_prices_of_batches(own: Book) -> None:
    """In a batch, the library's own batch price holds, or the file's discount: 1,000 × 0.5 × 0.6."""
    batches = own.in_batches()
    rows = [{"provider": "acme", "model": "house-70b"}, CLAUDE]
    found = priced(batches, *({**row, "input_tokens": 1000, "output_tokens": 0} for row in rows))
    assert pytest.approx([0.0003, 0.0015]) == [row["cost_usd"] for row in found]
    assert ["prices.yaml: acme/house-70b batch", "anthropic/claude-sonnet-4-5 batch"] == [
        row["price_row"] for row in found
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prices: [{model: m}]", "prices.0: Value error, names no price"),
        ("prices: [{model: m, input: -1}]", "prices.0.input"),
        ("prices: [{model: m, input: yes}]", "must be a number"),
        ("prices: [{model: m, input: 1, outputs: 2}]", "prices.0.outputs: Extra inputs"),
        ("prices: [{model: m, input: 1, from: 2026-02-01, until: 2026-01-01}]", "is not after"),
        ("prices: [{model: m, input: 1, tiers: [{above_input: 5, output: 1}]}]", "no base price"),
        ("currency: EUR", "currency: Input should be 'USD'"),
        ("tools: [{tool: t}]", "tools.0.per_call: Field required"),
        ("a: [", "is no YAML"),
        ("[1, 2]", "its top"),
    ],
    ids=range(10),
)
def test_a_wrong_price_file_says_where(tmp_path: Path, text: str, words: str) -> None:
    """The first wrong entry is named, and no price of the file is taken."""
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(SpotlightError) as caught:
        default_book(path)
    assert words in caught.value.message


def test_noon_is_noon() -> None:
    """The steps of these tests begin when the prices above hold."""
    assert dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp() * 1e9 == NOON
