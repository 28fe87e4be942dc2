"""The request of one recorded call as a variant asks it; what cannot be changed truthfully is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from replay.instructions import Misplaced, NewPrompt, place
from replay.model import RecordedCall, Recording, Request
from replay.providers.models import RECORDED, parse_model
from replay.variants import Variant
from spotlight.messages.canonical import Message, Reasoning, ToolDefinition
from spotlight.messages.digests import bare_tool, canonical_json
from spotlight.packs import Pack, PackTool, Prompt, read_pack

_FAMILY: Final = re.compile(r"[a-z]*")


class Rewritten(NamedTuple):
    """A request as a variant asks it, and what was changed, in words."""

    request: Request
    changes: tuple[str, ...]


class Refused(NamedTuple):
    """Why a variant cannot ask this request."""

    reason: str


class Rewriter:
    """Rewrites the calls of recordings for one variant; its files are read once."""

    def __init__(self, variant: Variant) -> None:
        """Read what the variant names. Raises: SpotlightError for a file or pack that cannot be read."""
        self.variant = variant.settled()
        self._pack = read_pack(variant.pack) if variant.pack else None
        if self._pack:
            self._pack.prompt(variant.prompt_key)  # said now rather than at the first call
        was_pack = read_pack(variant.was_pack) if variant.was_pack else None
        self._was = was_pack.prompt(_key_in(was_pack, variant)).template if was_pack else variant.was_prompt

    @property
    def tools(self) -> dict[str, PackTool]:
        """The tools that the variant's pack declares, by name."""
        return dict(self._pack.tools) if self._pack else {}

    def rewrite(self, call: RecordedCall, recording: Recording) -> Rewritten | Refused:
        """Return a recorded call's request with what the variant changes; all else stays as it was."""
        request, changes = _model(call.request, self.variant)
        prompt = self._prompt(request)
        whose = self.variant.agent or recording.calls[0].agent_name
        if prompt and call.agent_name != whose:
            changes.append(
                f"instructions kept: {call.agent_name or 'this call'} is not {whose or 'that agent'}"
            )
        elif prompt:
            placed = place(request.system, self._new(prompt), call.prompt)
            if isinstance(placed, Misplaced):
                return Refused(placed.reason)
            request = request._replace(system=placed.system)
            changes += placed.changes
            request = _of_prompt(request, prompt, self._pack, changes)
        for name, value in self.variant.params.items():
            request = _param(request, name, value, changes)
        return Rewritten(request, tuple(changes))

    def _prompt(self, request: Request) -> Prompt | None:
        if self._pack:
            return self._pack.prompt(self.variant.prompt_key).for_model(request.model)
        if self.variant.prompt is None:
            return None
        return Prompt(self.variant.name, None, self.variant.prompt, {}, None, None, {}, {})

    def _new(self, prompt: Prompt) -> NewPrompt:
        return NewPrompt(prompt.template, self.variant.variables, prompt.defaults, self._was)


def _key_in(pack: Pack, variant: Variant) -> str | None:
    return variant.prompt_key if variant.prompt_key in pack.prompts else None


def _model(request: Request, variant: Variant) -> tuple[Request, list[str]]:
    """Return the request for the variant's model; thoughts go where another family would read them."""
    if variant.model is None or variant.model == RECORDED or not variant.moves(request.model):
        return request, []
    if ":" in variant.model:
        model = parse_model(variant.model, base_url=variant.base_url, key_env=variant.key_env)
        asked = request._replace(provider=model.provider, model=model.name, api=model.api)
    else:
        asked = request._replace(model=variant.model)
    changes = [f"model {request.model or 'unknown'} -> {asked.model}"] if asked.model != request.model else []
    if asked.provider != request.provider:
        changes.append(f"provider {request.provider or 'unknown'} -> {asked.provider}")
    if (asked.provider, _family(asked.model)) != (request.provider, _family(request.model)):
        messages, dropped = _without_thoughts(request.messages)
        if dropped:
            asked = asked._replace(messages=messages)
            changes.append(f"{dropped} thoughts of {request.model or 'another model'} left out")
    return asked, changes


def _family(model: str | None) -> str:
    """Return the word that a model's name begins with: gpt, claude, gemini, o, ..."""
    found = _FAMILY.match((model or "").rpartition("/")[2].lower())
    return found[0] if found else ""


def _without_thoughts(messages: Iterable[Message]) -> tuple[tuple[Message, ...], int]:
    kept, dropped = [], 0
    for message in messages:
        parts = tuple(part for part in message.parts if not isinstance(part, Reasoning))
        dropped += len(message.parts) - len(parts)
        if parts or not message.parts:
            kept.append(message._replace(parts=parts))
    return tuple(kept), dropped


def _of_prompt(request: Request, prompt: Prompt, pack: Pack | None, changes: list[str]) -> Request:
    """Return the request with what else a pack says of its prompt: tools, tool choice, parameters."""
    if pack and prompt.tools is not None:
        tools = tuple(_definition(pack.tools[name]) for name in prompt.tools if name in pack.tools)
        changes += tool_differences(request.tools or (), tools)
        request = request._replace(tools=tools)
    if prompt.tool_choice is not None and request.tools:
        if request.tool_choice != prompt.tool_choice:
            changes.append(f"tool choice {prompt.tool_choice}")
        request = request._replace(tool_choice=prompt.tool_choice)
    for name, value in prompt.params.items():
        request = _param(request, name, value, changes)
    return request


def _param(request: Request, name: str, value: object, changes: list[str]) -> Request:
    was = request.params.get(name)
    if was == value and type(was) is type(value):
        return request
    before = canonical_json(was) if name in request.params else "not set"
    changes.append(f"{name} {before} -> {canonical_json(value) if value is not None else 'not set'}")
    params = {key: kept for key, kept in request.params.items() if key != name}
    return request._replace(params=params if value is None else params | {name: value})


def _definition(tool: PackTool) -> ToolDefinition:
    told = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return ToolDefinition(tool.name, tool.description, tool.parameters, "function", told)


def tool_differences(old: Sequence[ToolDefinition], new: Sequence[ToolDefinition]) -> list[str]:
    """Return which tools were added, removed or changed, in words."""
    before = {tool.name: canonical_json(bare_tool(tool._asdict())) for tool in old}
    after = {tool.name: canonical_json(bare_tool(tool._asdict())) for tool in new}
    groups = {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    }
    return [f"tools {what}: {', '.join(names)}" for what, names in groups.items() if names]
