"""Models that search the web by themselves: no tool of a request makes them, so none can be left out."""

from __future__ import annotations

import re
from typing import Final

from replay.providers.models import Model
from spotlight.messages.canonical import Json

# Perplexity's sonar, OpenAI's search and deep research models, OpenRouter's suffix, Groq's compound systems.
_SEARCHES: Final = re.compile(
    r"sonar|search-(?:preview|api)|deep-research|:online$|(?:^|/)compound(?:-|$)", re.IGNORECASE
)


def keep_from_searching(body: dict[str, Json], model: Model) -> str:
    """Tell a provider not to search, where its API has a word for that; return a note, "" where none is due.

    Source: https://docs.perplexity.ai/guides/search-control-guide
    """
    if model.provider == "perplexity":
        body.pop("enable_search_classifier", None)
        body["disable_search"] = True
        return "Perplexity is told not to search: the answer is the model's own"
    if _SEARCHES.search(model.name):
        return f"{model.name} searches at its provider by itself, and no request can keep it from that"
    return ""
