"""The form of a replay in its address: what stands there becomes what the form shows, and back."""

from __future__ import annotations

import pytest

from dashboards.views.replay_state import FIELDS

SAID = {
    "run": ["9db7f3e8", "ab50f5f6"],
    "find": ["status:error tool:search"],
    "mode": ["closed"],
    "step": ["3"],
    "repeat": ["5"],
    "follow": ["1"],
    "diverged": ["error-to-model"],
    "model": ["recorded", "openai:gpt-5"],
    "baseline": ["1"],
    "prompt": ["Be brief.\nAlways."],
    "param": ["temperature=0", "seed=1"],
    "pack": ["/packs/one", "/packs/two"],
    "policy": ["tools:\n  think: {kind: pure}"],
    "fault": ["error@search,nth=2"],
    "budget": ["1.50"],
    "together": ["16"],
    "unpriced": ["1"],
}


def test_every_field_comes_back_from_the_address() -> None:
    """What a field writes into the address is what it reads from there, and none is left out."""
    assert FIELDS.keys() == SAID.keys()
    assert SAID == {key: field.write(field.read(SAID[key])) for key, field in FIELDS.items()}


def test_what_a_form_begins_with_is_not_in_the_address() -> None:
    """An untouched form has an address without a query."""
    assert {key: [] for key in FIELDS} == {key: field.write(field.read([])) for key, field in FIELDS.items()}


@pytest.mark.parametrize(
    ("key", "said", "shown"),
    [
        ("step", "0", 1),
        ("step", "-3", 1),
        ("step", "١", 1),
        ("repeat", "99999999", 1_000),
        ("together", "", 8),
        ("mode", "sideways", "step"),
        ("diverged", "<b>", "stop"),
        ("run", "../../etc/passwd", ""),
    ],
)
def test_a_mistyped_address_is_a_form_all_the_same(key: str, said: str, shown: object) -> None:
    """What a field cannot show is its usual or nearest value."""
    assert shown == FIELDS[key].read([said])
