"""Which model a variant asks in place of the recorded one, and where."""

from __future__ import annotations

from typing import Any

import pytest

from replay.rewriting import Rewriter
from replay.targets import Changes
from replay.variants import Variant
from tests.replay.scripted import Turn, recorded, says

ONE = recorded(Turn(says("Hi.")))
OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        pytest.param({}, ("openai", "gpt-4o-mini", OPENAI), id="unchanged"),
        pytest.param({"model": "gpt-5"}, ("openai", "gpt-5", OPENAI), id="of-the-recorded-provider"),
        pytest.param(
            {"model": "anthropic:claude-opus-4-8"},
            ("anthropic", "claude-opus-4-8", "https://api.anthropic.com"), id="of-another-provider",
        ),
        pytest.param(
            {"base_url": "http://localhost:1/v1"}, ("openai", "gpt-4o-mini", "http://localhost:1/v1"),
            id="unchanged-elsewhere",
        ),
        pytest.param(
            {"model": "openai:x", "base_url": "http://localhost:1/v1", "only_models": ["gpt-4o-mini"]},
            ("openai", "x", "http://localhost:1/v1"), id="meant",
        ),
        pytest.param(
            {"model": "openai:x", "base_url": "http://localhost:1/v1", "only_models": ["gpt-4o"]},
            ("openai", "gpt-4o-mini", OPENAI), id="not-meant",
        ),
        pytest.param({"model": "recorded"}, ("recorded", "recorded", ""), id="recorded"),
    ],
)  # fmt: skip
def test_which_model_is_asked(said: dict[str, Any], asked: tuple[str, str, str]) -> None:
    """Its own where it names one for this call, else the recorded one at its provider's address."""
    changes = Changes(Rewriter(Variant.model_validate({"name": "v"} | said)), ONE)
    found = changes.of(ONE.calls[0])
    assert not isinstance(found, str)
    assert asked == (found.model.provider, found.model.name, found.model.base_url)


def test_a_call_of_nobodys_model_is_refused() -> None:
    """Whose model it was has to be recorded, or named."""
    call = ONE.calls[0]._replace(request=ONE.calls[0].request._replace(provider=None))
    changes = Changes(Rewriter(Variant.model_validate({"name": "v"})), ONE)
    assert "which model was asked is not recorded" in str(changes.of(call))
