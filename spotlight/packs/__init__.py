"""Packs: what an agent is made of, as files. Two formats are read into one form.

- Agent Pack (`agent.yaml`, `AGENTS.md`, skills; apiVersion agenthippo.ai/v1)
- PromptPack (`*.pack.json` or YAML; specification versions 1.0 to 1.9)

Pure but for reading the files it is handed: no clock, no network, no environment.
"""

from __future__ import annotations

from spotlight.packs.pack import Pack, PackTool, Prompt
from spotlight.packs.reading import read_pack
from spotlight.packs.templates import Inverted, NotInverted, invert, render, variables_of

__all__ = [
    "Inverted", "NotInverted", "Pack", "PackTool", "Prompt", "invert", "read_pack", "render", "variables_of",
]  # fmt: skip
