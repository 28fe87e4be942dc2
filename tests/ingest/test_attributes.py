"""Attributes survive the pivot: random nested values, hostile keys, gathering, taking."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import envelope
from ingest.attributes import Attributes
from ingest.decode import decode
from ingest.pivot import pivot_traces
from spotlight.dialects import dialects, effective_fields, effective_kinds
from tests.ingest.comparison import assert_as_reference
from tests.ingest.otlp import records, request
from tests.ingest.reference import read_spans, typed

_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    _TEXT,
    st.binary(max_size=40),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=8,
)


def attributes_of(*bodies: bytes) -> Attributes:
    """Return the attributes of all spans of these requests."""
    level = envelope.flatten(decode("traces", list(bodies)).batch)
    return Attributes(level.items.field("attributes"))


def leftovers(*bodies: bytes) -> list[Any]:
    """Return what is left of every span's attributes, parsed."""
    return [json.loads(text) for text in attributes_of(*bodies).leftovers().to_pylist()]


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(_TEXT, _VALUES, max_size=6), max_size=5))
def test_random_attributes_come_back_with_value_and_type(spans: list[dict[str, Any]]) -> None:
    """Whatever a client sends is in the row again: in a column or in its attributes."""
    bodies = [request(span) for span in spans]
    expected = [row["attributes"] for body in bodies for row in read_spans(body)]
    texts = pivot_traces(records(bodies)).spans.column("attributes").to_pylist()
    assert expected == [typed(json.loads(text)) for text in texts]


_KNOWN_KEYS = sorted(
    {
        name
        for dialect in dialects()
        for sources in effective_fields(dialect).values()
        for source in sources
        if (name := source if isinstance(source, str) else getattr(source, "name", ""))
    }
    | {rule.key for dialect in dialects() for rule in effective_kinds(dialect)}
    | {"llm.input_messages.0.message.role", "gen_ai.prompt.0.role", "llm.tools.0.tool.json_schema", "other"}
)
_LIKELY = st.sampled_from(
    [
        "",
        "7",
        "7.5",
        " 7",
        "LLM",
        "TOOL",
        "chat",
        "execute_tool",
        '["stop"]',
        '{"pack_version": 3}',
        "true",
        7,
        0,
    ]
)
_SCOPES = st.sampled_from(["", "my.app", "openinference.x", "traceloop.tracer", "opentelemetry.util.genai"])


_SPANS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(_KNOWN_KEYS), _LIKELY | _VALUES), _SCOPES), max_size=5
)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_SPANS)
def test_known_keys_with_random_values_read_as_the_slow_reader_does(
    spans: list[tuple[dict[str, Any], str]],
) -> None:
    """Right and wrong types under known keys, in mixed batches, give the same fields both ways."""
    assert_as_reference([request(attributes, scope=scope) for attributes, scope in spans])


@pytest.mark.parametrize(
    "key",
    [
        "__proto__",
        "",
        "k" * 65_536,
        "nul\0",
        'quo"te',
        "back\\slash",
        "new\nline",
        "\u202egnp.exe",
        "🚀",
        "a.b",
        "{",
    ],
)
def test_hostile_keys_stay_keys(key: str) -> None:
    """A key of any shape is one member of a valid JSON object."""
    assert [{key: 1, "plain": "x"}] == leftovers(request({key: 1, "plain": "x"}))


def test_more_keys_than_sixteen_bits_hold() -> None:
    """Seventy thousand distinct keys are grouped like seven."""
    spans = [{f"k{i}": i for i in range(start, start + 1000)} for start in range(0, 70_000, 1000)]
    assert spans == leftovers(*(request(span) for span in spans))


def test_rows_without_attributes_have_an_empty_object() -> None:
    """Rows between others keep their place."""
    assert [{}, {"a": 1}, {}] == leftovers(request(), request({"a": 1}), request())


def test_the_last_of_equal_keys_wins() -> None:
    """Earlier ones are superseded, and the row says that there were some."""
    attributes = attributes_of(request([("a", 1), ("b", 0), ("a", "last")]), request({"a": 3}))
    assert ['{"b":0,"a":"last"}', '{"a":3}'] == attributes.leftovers().to_pylist()
    assert [0] == attributes.rows_with_duplicates.tolist()


def test_what_a_column_holds_leaves_the_rest() -> None:
    """A taken attribute is not repeated; others of its row and key stay."""
    attributes = attributes_of(request({"a": 1, "b": 2}), request({"a": 3}))
    attributes.take(attributes.find("a").positions[:1])
    assert ['{"b":2}', '{"a":3}'] == attributes.leftovers().to_pylist()


def test_attributes_below_a_prefix_are_gathered_unchanged() -> None:
    """They become one object per wanted row, in the order sent, and leave the rest there."""
    span = {"m.1.role": "user", "m.0.role": "system", "other": True, "m.0.content": 'say "hi"'}
    attributes = attributes_of(request(span), request(span))
    codes = attributes.codes_where(lambda key: key.startswith("m."))
    gathered = attributes.gather(codes, np.array([True, False])).to_pylist()
    assert ['{"m.1.role":"user","m.0.role":"system","m.0.content":"say \\"hi\\""}', "{}"] == gathered
    assert [{"other": True}, span] == [json.loads(text) for text in attributes.leftovers().to_pylist()]


def test_equal_json_is_parsed_once() -> None:
    """A thousand spans with the same metadata share one parsed object."""
    parsed = attributes_of(*(request({"metadata": '{"v": 1}'}) for _ in range(50))).parsed("metadata")
    assert ([{"v": 1}], 50) == (parsed.objects, len(parsed.places))


def test_json_within_a_json_string_is_read() -> None:
    """Two levels of encoding are undone (MLflow sends that), bad JSON is None."""
    bodies = [request({"x": value}) for value in ('"{\\"a\\": 1}"', '{"a": 1}', "{bad", "[" * 3000)]
    assert [{"a": 1}, {"a": 1}, None, None] == _objects(bodies)


def _objects(bodies: list[bytes]) -> list[Any]:
    parsed = attributes_of(*bodies).parsed("x")
    return [parsed.objects[place] for place in parsed.places]
