"""Which prompt template a call was made from, and with which values, where its client tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from replay.model import RecordedPrompt
from spotlight.exact_json import parsed
from spotlight.messages.digests import canonical_json

# OpenInference's words.
_TEMPLATE: Final = "llm.prompt_template.template"
_VARIABLES: Final = "llm.prompt_template.variables"


def recorded_prompt(attributes: Mapping[str, Any]) -> RecordedPrompt | None:
    """Return what the attributes of a call say of its prompt; None where they say nothing."""
    template, variables = attributes.get(_TEMPLATE), parsed(attributes.get(_VARIABLES))
    values = variables if isinstance(variables, dict) else {}
    if not isinstance(template, str) and not values:
        return None
    words = {str(k): v if isinstance(v, str) else canonical_json(v) for k, v in values.items()}
    return RecordedPrompt(template if isinstance(template, str) else None, words)
