"""What both pack formats are read into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from spotlight.errors import SpotlightError

Effect = Literal["read", "write", "external"]
Reversibility = Literal["reversible", "compensable", "irreversible"]
Format = Literal["agent-pack", "promptpack"]


class Override(NamedTuple):
    """What a prompt says otherwise for one model."""

    template: str | None
    prefix: str
    suffix: str
    params: Mapping[str, Any]


class Prompt(NamedTuple):
    """One prompt of a pack."""

    key: str
    version: str | None
    template: str
    defaults: Mapping[str, str]  # variable -> value where none is given
    tools: tuple[str, ...] | None  # names; None: the pack does not say which tools go with it
    tool_choice: str | None  # auto, required or none
    params: Mapping[str, Any]  # temperature, max_tokens, top_p, ...: OTel's names
    overrides: Mapping[str, Override]  # by model

    def for_model(self, model: str | None) -> Prompt:
        """Return the prompt as it is for one model."""
        override = self.overrides.get(model or "")
        if override is None:
            return self
        template = override.prefix + (override.template or self.template) + override.suffix
        return self._replace(template=template, params={**self.params, **override.params})


class PackTool(NamedTuple):
    """A tool that a pack declares. An effect that is not declared is unknown, not harmless."""

    name: str
    description: str | None
    parameters: Any  # JSON schema
    effect: Effect | None = None
    reversibility: Reversibility | None = None
    idempotent: bool | None = None


class Pack(NamedTuple):
    """A pack as read. Versions lie (content changes without them), so `digest` is what it is known by."""

    format: Format
    name: str
    version: str
    digest: str  # SHA-256 of what decides how the agent behaves, 64 hex digits
    claimed_digest: str | None  # what its signature says; neither checked nor of the same method
    model: str | None  # the model it asks for, as written
    prompts: Mapping[str, Prompt]
    tools: Mapping[str, PackTool]
    notes: tuple[str, ...]  # what is odd about it, in words

    def prompt(self, key: str | None = None) -> Prompt:
        """Return one prompt; without a key, the only one.

        Raises: SpotlightError where there is no such prompt, or there are several and no key.
        """
        if key is None and len(self.prompts) == 1:
            return next(iter(self.prompts.values()))
        if key is None or key not in self.prompts:
            wanted = "it is not said which of its prompts is meant" if key is None else f"no prompt {key!r}"
            raise SpotlightError(
                f"pack {self.name}: {wanted}", hint="it has " + ", ".join(sorted(self.prompts))
            )
        return self.prompts[key]
