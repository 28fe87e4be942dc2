"""Reading a PromptPack: one JSON or YAML file with prompts, fragments and tools.

By the published schemas 1.0 to 1.9. A minor version adds top-level fields: those that are not known are
named in the notes and left alone. Effects of tools are declared from 1.8 on (RFC 0013 `action_scope`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spotlight.errors import SpotlightError
from spotlight.messages.digests import canonical_json, digest
from spotlight.packs.files import document_of
from spotlight.packs.pack import Effect, Override, Pack, PackTool, Prompt, Reversibility
from spotlight.packs.templates import resolve_fragments

# How it was made and described does not change what it does.
_NO_BEHAVIOUR: Final = ("$schema", "compilation", "metadata", "description", "name", "version")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Variable(_Lenient):
    name: str
    default: Any = None


class _ToolPolicy(_Lenient):
    tool_choice: Literal["auto", "required", "none"] | None = None


class _Override(_Lenient):
    system_template: str | None = None
    system_template_prefix: str = ""
    system_template_suffix: str = ""
    parameters: dict[str, Any] = {}


class _Prompt(_Lenient):
    version: str
    system_template: str = Field(min_length=1)
    variables: list[_Variable] = []
    tools: list[str] | None = None
    tool_policy: _ToolPolicy = _ToolPolicy()
    parameters: dict[str, Any] = {}
    model_overrides: dict[str, _Override] = {}


class _ActionScope(_Lenient):
    effect: Effect | None = None
    reversibility: Reversibility | None = None


class _Annotations(_Lenient):
    """By the Model Context Protocol."""

    readOnlyHint: bool | None = None  # noqa: N815 - as the protocol names it
    idempotentHint: bool | None = None  # noqa: N815


class _Tool(_Lenient):
    name: str = Field(pattern=r"^[A-Za-z_]\w*$")
    description: str | None = None
    parameters: Any = None
    action_scope: _ActionScope = _ActionScope()
    annotations: _Annotations = _Annotations()


class _Document(_Lenient):
    id: str = Field(min_length=1)
    version: str = Field(min_length=1)
    prompts: dict[str, _Prompt] = Field(min_length=1)
    fragments: dict[str, str] = {}
    tools: dict[str, _Tool] = {}

    @model_validator(mode="after")
    def _names_known_tools(self) -> _Document:
        for key, prompt in self.prompts.items():
            unknown = sorted(set(prompt.tools or ()) - self.tools.keys())
            if unknown and self.tools:
                raise ValueError(f"prompt {key!r} names tool {unknown[0]!r}, which the pack does not define")
        return self


_KNOWN: Final = frozenset(
    ["$schema", "id", "name", "version", "description", "template_engine", "prompts", "fragments", "tools",
     "metadata", "compilation", "evals", "workflow", "agents", "skills", "compositions", "requires",
     "governance"]
)  # fmt: skip


def read_prompt_pack(path: Path) -> Pack:
    """Return the pack in a file. Raises: SpotlightError naming file, field and value."""
    document = document_of(path, path.parent)
    try:
        told = _Document.model_validate(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the pack"
        raise SpotlightError(f"{path}: {place}: {first['msg']}", hint="a PromptPack needs it so") from exc
    unknown = sorted(document.keys() - _KNOWN)
    behaviour = {key: value for key, value in document.items() if key not in _NO_BEHAVIOUR}
    return Pack(
        format="promptpack",
        name=told.id,
        version=told.version,
        digest=digest(canonical_json(behaviour)),
        claimed_digest=None,
        model=None,
        prompts={key: _prompt(key, prompt, told, path) for key, prompt in told.prompts.items()},
        tools={name: _tool(tool) for name, tool in told.tools.items()},
        notes=(f"fields that are not known: {', '.join(unknown)}",) if unknown else (),
    )


def _prompt(key: str, told: _Prompt, document: _Document, path: Path) -> Prompt:
    whole = f"{path}: prompts.{key}"

    def resolved(text: str) -> str:
        return resolve_fragments(text, document.fragments, whole)

    overrides = {
        model: Override(
            resolved(o.system_template) if o.system_template is not None else None,
            resolved(o.system_template_prefix), resolved(o.system_template_suffix), _params(o.parameters),
        )
        for model, o in told.model_overrides.items()
    }  # fmt: skip
    return Prompt(
        key=key,
        version=told.version,
        template=resolved(told.system_template),
        defaults={v.name: _word(v.default) for v in told.variables if v.default is not None},
        tools=tuple(told.tools) if told.tools is not None and document.tools else None,
        tool_choice=told.tool_policy.tool_choice,
        params=_params(told.parameters),
        overrides=overrides,
    )


def _params(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _tool(told: _Tool) -> PackTool:
    effect = told.action_scope.effect
    if effect is None and told.annotations.readOnlyHint:
        effect = "read"
    return PackTool(
        told.name, told.description, told.parameters, effect, told.action_scope.reversibility,
        told.annotations.idempotentHint,
    )  # fmt: skip
