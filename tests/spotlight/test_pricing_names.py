"""Which provider and model telemetry means, in the spellings of all instrumentations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.pricing import Book, default_book
from spotlight.pricing.names import LOCAL, MOST_CHARACTERS, UNKNOWN, Named, named, provider_id, spellings
from spotlight.pricing.vector import MOST_MODELS
from tests.spotlight.price_rows import CALL, priced

BOOK = default_book()
PROVIDERS = {
    "anthropic": "anthropic Anthropic anthropic.messages claude",
    "aws": "aws.bedrock AWS bedrock bedrock_converse amazon-bedrock amazon_bedrock aws_bedrock",
    "azure": "azure azure.ai.openai az.ai.openai azure.ai.inference az.ai.inference azure_openai azureai "
             "azure.openai.chat",
    "google": "google gcp.vertex_ai gcp.gemini gcp.gen_ai gcp.vertex.agent vertex_ai vertexai google_genai "
              "google-vertex google.generative-ai google.vertex.chat gemini GoogleAI google_vertexai",
    "openai": "openai OpenAI openai.chat openai.responses openai.completion open_ai",
    "x-ai": "x_ai xai x-ai xAI xai.chat",
    "mistral": "mistral_ai mistralai mistral mistral.chat",
    "moonshotai": "moonshot_ai moonshot",
    "together": "together_ai togetherai together",
    "fireworks": "fireworks fireworks_ai",
    "perplexity": "perplexity Perplexity perplexity_ai",
    LOCAL: "ollama ollama.chat llama.cpp vllm lmstudio LM_Studio llama-cpp-python sglang localai",
    "": "langchain litellm litellm_proxy strands-agents spring_ai microsoft.agent_framework pydantic_ai",
    UNKNOWN: "ibm.watsonx.ai cartesia deepgram somebody-else",
}  # fmt: skip
SPELLINGS = [(word, name) for name, words in PROVIDERS.items() for word in words.split()]
MODELS = [
    ("aws.bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0",
     "aws/regional.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
     "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("bedrock", "eu.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0"),
    ("azure.ai.openai", "gpt-4o", "azure/gpt-4o"),
    ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5"),
    ("google", "models/gemini-2.5-pro", "google/gemini-2.5-pro"),
    ("google", "publishers/google/models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("vertex_ai", "projects/p/locations/l/models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o"),
    ("openai", "gpt-5-mini-2031-01-01", "openai/gpt-5-mini"),
    ("openai", "openai/gpt-4o", "openai/gpt-4o"),
    ("openai", "ft:gpt-4o-2024-08-06:acme::1", "openai/ft:gpt-4o"),
    ("openai", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
    ("openai", "deepseek/deepseek-chat", "deepseek/deepseek-chat"),
    ("litellm", "bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0",
     "aws/regional.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("litellm", "openrouter/openai/gpt-4o", "openrouter/openai/gpt-4o"),
    ("anthropic", "claude-3-5-sonnet-latest", "anthropic/claude-3-5-sonnet"),
    (None, "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
    (None, "anthropic:claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
    (None, "googleai/gemini-2.5-flash", "google/gemini-2.5-flash"),
    (None, "text-embedding-3-small", "openai/text-embedding-3-small"),
    (None, "gpt-4.1-mini", "openai/gpt-4.1-mini"),
]  # fmt: skip
UNPRICED = [
    ("openai", "llama3"), ("openai", "mistral-7b-instruct"), (None, "llama-3.3-70b"), (None, "local-7b"),
    (None, "mygpt-4o"), ("azure", "my-deployment"), (None, ""), (None, "😀"), ("bedrock",
    "arn:aws:bedrock:us-east-1:1:application-inference-profile/ab12"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), SPELLINGS, ids=[word for word, _ in SPELLINGS])
def test_spellings_of_providers(said: str, meant: str) -> None:
    """Every spelling that instrumentations send means one provider, our own machine, or nobody."""
    assert meant == provider_id(said)


@pytest.mark.parametrize(("provider", "model", "row"), MODELS, ids=[f"{p}-{m}" for p, m, _ in MODELS])
def test_spellings_of_models(provider: str | None, model: str, row: str) -> None:
    """Prefixes, regions, versions and dates come off; the row says who is paid."""
    [found] = priced(BOOK, {"provider": provider, "model": model, "input_tokens": 1, "output_tokens": 0})
    assert row == found["price_row"].split(" ")[0]


@pytest.mark.parametrize(("provider", "model"), UNPRICED, ids=[f"{p}-{m}" for p, m in UNPRICED])
def test_nobodys_models_are_not_guessed(provider: str | None, model: str) -> None:
    """What may run anywhere, and what nobody sells by that name, has no price but a reason."""
    [found] = priced(BOOK, {"provider": provider, "model": model, "input_tokens": 1, "output_tokens": 1})
    assert (None, True) == (found["cost_usd"], found["unpriced_reason"] is not None)


def test_the_model_asked_for_helps_where_the_answer_names_none_we_know() -> None:
    """A gateway's alias in the response does not hide the model of the request."""
    usage = {"provider": "openai", "input_tokens": 1000, "output_tokens": 0}
    rows = [usage | {"model": "prod-alias", "request_model": "gpt-4o"}, usage | {"request_model": "gpt-4o"}]
    assert [0.0025, 0.0025] == [row["cost_usd"] for row in priced(BOOK, *rows)]


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("gpt-4o", ("", "gpt-4o")),
        ("openai/gpt-4o", ("openai", "gpt-4o")),
        ("litellm/openai/gpt-4o", ("openai", "gpt-4o")),
        ("acme/house", ("", "acme/house")),
        ("llama3:70b", ("", "llama3:70b")),
        ("us.anthropic.claude-v2:1", ("", "us.anthropic.claude-v2:1")),
    ],
)
def test_models_that_begin_with_their_provider(model: str, parts: tuple[str, str]) -> None:
    """Only a known provider before a slash or colon is one."""
    assert Named(*parts) == named(model)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_may_stand_for_a_name(provider: str, model: str) -> None:
    """No name breaks the reading, and none grows."""
    assert isinstance(provider_id(provider), str)
    assert len(named(model).model) <= len(model)
    assert all(len(text) <= 2 * MOST_CHARACTERS for text in spellings(model))


def test_names_of_recorded_telemetry_have_a_price_or_a_reason(test_data: Path) -> None:
    """Of every model named in what captures must give, the price is known by the model alone."""
    files = sorted((test_data / "captures" / "expected").glob("*.json"))
    models: set[str] = {m for f in files for m in json.loads(f.read_text()).get("models") or () if m}
    rows: list[dict[str, Any]] = [{"model": m, "input_tokens": 1, "output_tokens": 1} for m in models]
    assert [] == [
        row for row in priced(BOOK, *rows) if row["cost_usd"] is None and not row["unpriced_reason"]
    ]


def test_a_flood_of_names_does_not_stop_the_writer() -> None:
    """Beyond some thousand models in one batch the rest is not looked up, and says so."""
    book = Book()
    rows = [
        CALL | {"model": f"gpt-invented-{n}", "provider": "openai", "input_tokens": 1, "output_tokens": 1}
        for n in range(MOST_MODELS + 50)
    ]
    found = priced(book, *rows)
    assert 50 == sum(row["unpriced_reason"] == "too many models at once to look up" for row in found)
