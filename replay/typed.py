"""Variants and faults from what a person typed: options of a command, fields of a page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import yaml

from spotlight.errors import SpotlightError

_FAULT_HINT: Final = "write KIND[@TOOL][,SETTING=VALUE...], as in error@search,nth=2,status=503"


class Changed(NamedTuple):
    """What was typed about variants; every model goes with every pack."""

    models: Sequence[str]
    packs: Sequence[Path]
    prompt: Path | None
    params: Sequence[str]
    base_url: str | None = None
    key_env: str | None = None
    prompt_text: str | None = None  # in place of the file
    only_models: Sequence[str] = ()  # recorded ones


def variants_of(changed: Changed) -> list[dict[str, Any]]:
    """Return the variants that this says, named by what they change; none where nothing is changed."""
    shared: dict[str, Any] = {}
    if changed.prompt:
        shared["prompt_file"] = changed.prompt
    if changed.prompt_text:
        shared["prompt"] = changed.prompt_text
    if changed.params:
        shared["params"] = dict(_pair(text, "parameter") for text in changed.params)
    found = []
    models: Sequence[str | None] = changed.models or [None]
    packs: Sequence[Path | None] = changed.packs or [None]
    for model, pack in itertools.product(models, packs):
        own: dict[str, Any] = dict(shared)
        if model:
            own["model"] = model
        if model and changed.only_models:
            own["only_models"] = tuple(changed.only_models)
        if model != "recorded":
            own |= {k: v for k, v in (("base_url", changed.base_url), ("key_env", changed.key_env)) if v}
        if pack:
            own["pack"] = pack
        if own:
            found.append(own | {"name": _name(model, pack, changed)})
    return found


def _name(model: str | None, pack: Path | None, changed: Changed) -> str:
    prompt = changed.prompt.stem if changed.prompt else "new prompt" if changed.prompt_text else ""
    words = [model or "", pack.name if pack else "", prompt, ", ".join(changed.params)]
    address = urlsplit(changed.base_url or "").netloc.rpartition("@")[2]
    return " · ".join(filter(None, words)) or f"at {address or 'another address'}"


def fault_of(text: str) -> dict[str, Any]:
    """Return the fault rule that a text says. Raises: SpotlightError for a setting without a value."""
    head, *settings = text.split(",")
    kind, _, tool = head.partition("@")
    found: dict[str, Any] = {"fault": kind.strip()} | ({"tool": tool.strip()} if tool.strip() else {})
    for setting in settings:
        name, value = _pair(setting, f"fault {text}", _FAULT_HINT)
        found[name] = (value,) if name == "nth" and isinstance(value, int) else value
    return found


def usd_of(text: str) -> Decimal:
    """Return an amount of money. Raises: SpotlightError for what is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0:
        raise SpotlightError(f"{text!r} is no amount of money", hint="write USD as a number, such as 2.50")
    return found


def _pair(text: str, place: str, hint: str = "write NAME=VALUE") -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SpotlightError(f"{place}: {text!r} has no value", hint=hint)
    try:
        return name.strip(), yaml.safe_load(value)
    except yaml.YAMLError as exc:
        raise SpotlightError(f"{place}: {value!r} cannot be read: {exc}", hint=hint) from exc
