"""Models that answer where the recording ends: asked as any replay asks them, with the user's own key.

The key is the one that an environment variable of Spotlight's process holds for that origin. What the
agent sent as its key stays where it arrived.
"""

from __future__ import annotations

from typing import NamedTuple

from replay.model import Request
from replay.providers import Answer, Model, Pool, ask, parse_model
from replay.providers.keys import Key
from replay.targets import harmless
from spotlight.errors import SpotlightError


class Live(NamedTuple):
    """Whom to ask: one model for all requests, or the one that each names, at an address of its API."""

    model: str | None = None  # provider:name
    upstream: str | None = None  # base URL
    key_env: str | None = None
    allow_private: bool = False

    def check(self) -> None:
        """Raise ModelRefused for a model, an address or a key that cannot be used, as far as is known now."""
        if self.model is not None:
            Key(self._named(self.model)).check()
        elif self.upstream is not None:
            Key(self._named("openai:any")).check()

    def of(self, request: Request) -> Model:
        """Return the model that answers a request. Raises: ModelRefused, or SpotlightError for none."""
        if self.model is not None:
            return self._named(self.model)
        if self.upstream is None:
            raise SpotlightError(
                "the recording has no answer to this, and no model was named to answer instead",
                hint="serve it with --live-model PROVIDER:NAME or --upstream URL, or up to a later step",
            )
        provider = "openai.responses" if request.api == "responses" else request.provider
        return self._named(f"{provider}:{request.model}")

    def _named(self, text: str) -> Model:
        return parse_model(text, base_url=self.upstream, key_env=self.key_env)


async def ask_live(pool: Pool, live: Live, request: Request) -> tuple[Answer, tuple[str, ...]]:
    """Return a model's answer, and what was left out of the request: nothing runs at a provider.

    Raises: SpotlightError where nobody is to be asked; ModelRefused where the model cannot be.
    """
    model = live.of(request)
    asked, left_out = harmless(request)
    return await ask(pool, model, asked), tuple(left_out)
