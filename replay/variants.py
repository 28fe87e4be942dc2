"""What a replay changes: a `Variant`, and what it makes of a recorded request.

rewriting.py     the request of one call, changed; or why it cannot be
instructions.py  the old prompt out, the new one in
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Json

_MOST_PROMPT_BYTES: Final = 5_000_000


class Variant(BaseModel):
    """One way to run again; what is not set stays as recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="What results are called by."
    )
    model: str | None = Field(
        None, description="`provider:name`, a name of the recorded provider's, or `recorded`."
    )
    base_url: str | None = Field(None, description="Another address that speaks that provider's form.")
    key_env: str | None = Field(None, description="Environment variable that holds the key of that address.")
    only_models: tuple[str, ...] = Field(
        (), description="Recorded models whose calls are asked of another model. Default: all."
    )
    params: Mapping[str, Json] = Field(
        {}, description="Parameters by OTel's names: `temperature`, `max_tokens`, ... null: leave it out."
    )
    prompt: str | None = Field(None, description="New instructions; `{{name}}` stands for a variable.")
    prompt_file: Path | None = Field(None, description="File that holds them.")
    pack: Path | None = Field(None, description="Agent Pack or PromptPack: its prompt and tools are taken.")
    prompt_key: str | None = Field(None, description="Which prompt of the pack, where it has several.")
    variables: Mapping[str, str] = Field(
        {}, description="Values of the new prompt's variables; default: those the recorded run had."
    )
    was_prompt: str | None = Field(
        None, description="The prompt that was recorded, as a template: what around it is kept."
    )
    was_pack: Path | None = Field(None, description="The pack that was recorded, in place of `was_prompt`.")
    agent: str | None = Field(
        None, description="Agent whose instructions change. Default: that of the run's first call."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Variant:
        for one, other in (("prompt", "prompt_file"), ("was_prompt", "was_pack"), ("pack", "prompt")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"{one} and {other} say the same thing: give one of them")
        if self.pack is not None and self.prompt_file is not None:
            raise ValueError("pack and prompt_file say the same thing: give one of them")
        return self

    def moves(self, model: str | None) -> bool:
        """Whether a call that was recorded with this model is asked of the variant's model and address."""
        return not self.only_models or model in self.only_models

    def settled(self) -> Variant:
        """Return the variant with the text of its prompt file in place of the path.

        Raises: SpotlightError for a file that cannot be read.
        """
        if self.prompt_file is None:
            return self
        return self.model_copy(update={"prompt": _text(self.prompt_file), "prompt_file": None})


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_PROMPT_BYTES:
            raise SpotlightError(
                f"{path} is larger than {_MOST_PROMPT_BYTES:,} bytes", hint="is it a prompt?"
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise SpotlightError(f"{path} cannot be read: {exc}", hint="name a text file in UTF-8") from exc
