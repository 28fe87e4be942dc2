"""What a variant makes of a recorded call: the request that is asked, and the model that is asked it."""

from __future__ import annotations

from typing import Final, NamedTuple

from replay.model import RecordedCall, Recording, Request
from replay.providers.models import PROVIDERS, RECORDED, Model, parse_model
from replay.rewriting import Refused, Rewriter
from replay.variants import Variant
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import ToolDefinition

# Tools that their caller runs, by the beginning of their type; all others are run by the provider itself.
_OURS: Final = (
    "function", "custom", "bash_", "text_editor_", "computer_", "computer-use", "memory_", "local_shell",
    "shell", "apply_patch",
)  # fmt: skip
# Fields of a request that let a provider act by itself: reach servers, search, run code, write into a
# conversation that it keeps, take tools from a prompt that it keeps.
_ACTS: Final = frozenset(
    ["mcp_servers", "web_search_options", "search_parameters", "plugins", "container", "tool_resources",
     "connectors", "functions_server", "environment", "conversation", "prompt", "cachedContent",
     "cached_content", "enable_search", "search_settings", "compound_custom"]
)  # fmt: skip


class Changed(NamedTuple):
    """A request as a variant asks it, of which model, and what was changed, in words."""

    request: Request
    model: Model
    changes: tuple[str, ...]


class Changes:
    """What one variant changes of the calls of one recording."""

    def __init__(self, rewriter: Rewriter, recording: Recording) -> None:
        self._rewriter = rewriter
        self._recording = recording

    def of(self, call: RecordedCall) -> Changed | str:
        """Return what is asked in place of a recorded call, or why it cannot be."""
        found = self._rewriter.rewrite(call, self._recording)
        if isinstance(found, Refused):
            return found.reason
        try:
            is_meant = self._rewriter.variant.moves(call.request.model)
            model = model_of(self._rewriter.variant, found.request, is_meant=is_meant)
        except SpotlightError as exc:
            return str(exc)
        if model.is_recorded:
            return Changed(found.request, model, found.changes)
        request, left_out = harmless(found.request)
        return Changed(request, model, (*found.changes, *left_out))


def model_of(variant: Variant, request: Request, *, is_meant: bool) -> Model:
    """Return the model that a variant asks: its own for calls that it means, else the recorded one.

    Raises: SpotlightError where it is not known whose model was recorded, or nobody's name is given.
    """
    if variant.model == RECORDED:
        return parse_model(RECORDED)
    if request.model is None or request.provider is None:
        raise SpotlightError(
            "which model was asked is not recorded", hint="name one with --model PROVIDER:NAME"
        )
    known = PROVIDERS.get(request.provider)
    if known is None:
        raise SpotlightError(
            f"no way is known to ask the recorded provider, {request.provider!r}",
            hint="name a model with --model PROVIDER:NAME",
        )
    speaks = request.api == "responses" and "responses" in known.apis
    said = f"{request.provider}.responses" if speaks else request.provider
    if not is_meant:
        return parse_model(f"{said}:{request.model}")
    return parse_model(f"{said}:{request.model}", base_url=variant.base_url, key_env=variant.key_env)


def harmless(request: Request) -> tuple[Request, list[str]]:
    """Return a request without what its provider would do by itself, and what that was, in words.

    A replay runs no real tool, and none that runs at the provider: no search, no code, no MCP server.
    """
    tools = request.tools or ()
    kept = tuple(tool for tool in tools if _is_ours(tool))
    names = [tool.name or tool.type for tool in tools if not _is_ours(tool)]
    fields = sorted(request.extra.keys() & _ACTS)
    if not names and not fields:
        return request, []
    extra = {name: value for name, value in request.extra.items() if name not in _ACTS}
    said = [f"left out, the provider would run it: {name}" for name in (*names, *fields)]
    return request._replace(tools=kept if request.tools is not None else None, extra=extra), said


def _is_ours(tool: ToolDefinition) -> bool:
    kinds = {tool.type or "function"}
    raw = tool.raw if isinstance(tool.raw, dict) else {}
    if isinstance(raw.get("type"), str):
        kinds.add(raw["type"])
    place = raw.get("environment")  # of a shell: `local`, or a container of the provider's
    is_elsewhere = isinstance(place, dict) and place.get("type") != "local"
    return all(kind.startswith(_OURS) for kind in kinds) and not is_elsewhere
