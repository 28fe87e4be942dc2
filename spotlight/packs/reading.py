"""Telling which format a pack is in, and reading it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spotlight.errors import SpotlightError
from spotlight.packs.agent_pack import MANIFEST, read_agent_pack
from spotlight.packs.pack import Pack
from spotlight.packs.prompt_pack import read_prompt_pack

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_HINT: Final = "name the folder of an Agent Pack (with agent.yaml) or the file of a PromptPack (*.pack.json)"


def read_pack(path: Path) -> Pack:
    """Return the pack in a folder or file, whichever format it has.

    Raises: SpotlightError for what is no pack, or one that cannot be read; it names file, field and value.
    """
    if path.name == MANIFEST and path.is_file():
        return read_agent_pack(path.parent)
    if (path / MANIFEST).is_file():
        return read_agent_pack(path)
    if path.is_file() and path.suffix in _SUFFIXES:
        return read_prompt_pack(path)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.name.endswith((".pack.json", ".pack.yaml")))
        if len(found) == 1:
            return read_prompt_pack(found[0])
        if found:
            raise SpotlightError(f"{path} holds {len(found)} packs", hint="name the file of one of them")
    if not path.exists():
        raise SpotlightError(f"there is no {path}", hint=_HINT)
    raise SpotlightError(f"{path} is no pack", hint=_HINT)
