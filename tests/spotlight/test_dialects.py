"""Dialect tables are well formed, and found by listing the package."""

from __future__ import annotations

import pkgutil

import pytest

import spotlight.dialects as package
from spotlight.dialects import (
    UNKNOWN,
    dialects,
    effective_fields,
    effective_kinds,
    effective_names,
    recognise_scope,
)
from spotlight.dialects.table import ANY, SIGNS, InName, JsonPath, Key, Prefix
from spotlight.model import KINDS, PAYLOADS, SPANS

COLUMNS = {*SPANS.schema.names, *PAYLOADS.schema.names, *SIGNS}


def test_every_module_with_a_dialect_is_registered() -> None:
    """The registry is the package's modules; our own comes first, the general ones last."""
    names = {info.name for info in pkgutil.iter_modules(package.__path__)} - {"table", "vocabulary"}
    assert names == set(dialects())
    order = list(dialects())
    assert "spotlight" == order[0]
    assert order.index("openinference") < order.index("otel_genai")
    assert order.index("openllmetry") < order.index("otel_genai")


@pytest.mark.parametrize("name", [*dialects(), UNKNOWN])
def test_fields_name_columns_and_sources(name: str) -> None:
    """Every field is a column (or a sign), every source of a known shape, none twice."""
    for column, sources in effective_fields(name).items():
        assert column in COLUMNS, column
        assert len(sources) == len(set(sources)), column
        for source in sources:
            assert isinstance(source, str | Key | JsonPath | InName | Prefix), source
            assert set(getattr(source, "kinds", ())) <= set(KINDS), source


@pytest.mark.parametrize("name", [*dialects(), UNKNOWN])
def test_kind_rules_give_known_kinds(name: str) -> None:
    """Every rule leads to a kind of the model, from a lowercase word."""
    for rule in effective_kinds(name):
        assert set(rule.kinds.values()) <= set(KINDS), rule.key
        assert [word.lower() for word in rule.kinds] == list(rule.kinds), rule.key
    for by_name in effective_names(name):
        assert {by_name.kind, *by_name.instead_of} <= set(KINDS)


@pytest.mark.parametrize("dialect", dialects().values(), ids=lambda dialect: dialect.name)
def test_dialects_extend_known_ones(dialect: package.Dialect) -> None:
    """What a dialect extends exists; its basis is a known word."""
    assert set(dialect.extends) <= set(dialects())
    assert dialect.usage_basis in (None, "inclusive", "exclusive")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openinference.instrumentation.openai", "openinference"),
        ("@arizeai/openinference-instrumentation-openai", "openinference"),
        ("opentelemetry.instrumentation.openai.v1", "openllmetry"),
        ("opentelemetry.instrumentation.openai", "openllmetry"),
        ("opentelemetry.instrumentation.langchain", "openllmetry"),
        ("@traceloop/instrumentation-anthropic", "openllmetry"),
        ("traceloop.tracer", "openllmetry"),
        ("opentelemetry.instrumentation.openai_v2", "otel_genai"),
        ("opentelemetry.util.genai.handler", "otel_genai"),
        ("com.anthropic.sdk.python", "otel_genai"),
        ("spotlight.replay", "spotlight"),
        ("opentelemetry.instrumentation.requests", None),
        ("spotlights", None),
        ("my.openinference", None),
        ("", None),
    ],
)
def test_scopes_are_recognised_by_whole_words(scope: str, expected: str | None) -> None:
    """The longest known scope wins; a name that only begins alike is not recognised."""
    assert expected == recognise_scope(scope)


def test_our_own_keys_win_over_all_others() -> None:
    """spotlight.* stands first, what a user calls a pack version next, then the dialect's own."""
    versions = effective_fields("openllmetry")["pack_version"]
    assert "spotlight.pack.version" == versions[0]
    assert versions.index("pack.version") < versions.index("gen_ai.agent.version")
    for name in dialects():
        assert "spotlight.kind" == effective_kinds(name)[0].key
        assert "spotlight.session.id" == effective_fields(name)["session_id"][0]


def test_a_dialects_own_keys_come_before_those_it_extends() -> None:
    """Own, then extended, then baseline."""
    keys = [source for source in effective_fields("openinference")["input_tokens"] if isinstance(source, str)]
    assert keys.index("llm.token_count.prompt") < keys.index("gen_ai.usage.input_tokens")


def test_both_spellings_of_cache_writes_are_read() -> None:
    """cache_creation became cache_write; emitters of both are alive."""
    keys = effective_fields("otel_genai")["cache_write_tokens"]
    assert {"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"} <= set(keys)


@pytest.mark.parametrize("key", ["gen_ai.aggregated_usage.input_tokens", "mlflow.trace.tokenUsage"])
def test_rollups_fill_no_token_column(key: str) -> None:
    """Sums over children are never read as a span's own usage."""
    for name in dialects():
        assert key not in effective_fields(name).get("input_tokens", ())


def test_an_unknown_dialect_has_the_baseline() -> None:
    """What no dialect knows is still read for its session, user and error."""
    assert effective_fields("baseline") == effective_fields(UNKNOWN) == effective_fields("no such dialect")
    assert {"session_id", "user_id", "error_type"} <= set(effective_fields(UNKNOWN))


def test_indexed_prefixes_want_a_number() -> None:
    """gen_ai.prompt.0.role is a message, gen_ai.prompt.name is not."""
    prefix = Prefix("gen_ai.prompt.", without=("gen_ai.prompt.1.x",), indexed=True)
    names = ("gen_ai.prompt.0.role", "gen_ai.prompt.name", "gen_ai.prompt.", "gen_ai.prompt.1.x")
    assert [True, False, False, False] == [prefix.covers(name) for name in names]
