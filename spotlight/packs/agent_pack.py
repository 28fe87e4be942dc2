"""Reading an Agent Pack: a folder with `agent.yaml`, its prompt in `AGENTS.md`, skills, rules, hooks.

By the specification v1.0 (2026-07-15) and what published packs hold beyond it: a prompt elsewhere
(spec.prompts.system), the older apiVersion agentide.io/v1, a signature in pack.sig.
"""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spotlight.errors import SpotlightError
from spotlight.packs.files import digest_of, document_of, text_of
from spotlight.packs.pack import Pack, Prompt

MANIFEST: Final = "agent.yaml"
_PROMPT: Final = "AGENTS.md"
_API: Final = "agenthippo.ai/v1"
_LEGACY: Final = "agentide.io/v1"
# What decides how the agent behaves; web pages and deployment files do not.
_BEHAVIOUR: Final = (MANIFEST, _PROMPT, "context.md", "rules", "skills", "mcp", "hooks")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Metadata(_Lenient):
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)


class _Prompts(_Lenient):
    system: str = _PROMPT


class _Spec(_Lenient):
    engine: str
    model: str | None = None
    prompts: _Prompts = _Prompts()


class _Manifest(_Lenient):
    apiVersion: str  # noqa: N815 - as the specification names it
    kind: str
    metadata: _Metadata
    spec: _Spec


def read_agent_pack(folder: Path) -> Pack:
    """Return the pack in a folder. Raises: SpotlightError naming file, field and value."""
    manifest = _manifest(folder)
    notes = []
    if manifest.apiVersion == _LEGACY:
        notes.append(f"apiVersion {_LEGACY} is older than {_API}: read as if it were that")
    template = text_of(folder / manifest.spec.prompts.system, folder)
    claimed, note = _claimed(folder)
    notes += [note] if note else []
    prompt = Prompt(
        key=manifest.metadata.name, version=manifest.metadata.version, template=template, defaults={},
        tools=None, tool_choice=None, params={}, overrides={},
    )  # fmt: skip
    return Pack(
        format="agent-pack",
        name=manifest.metadata.name,
        version=manifest.metadata.version,
        digest=digest_of(folder, dict.fromkeys([*_BEHAVIOUR, manifest.spec.prompts.system])),
        claimed_digest=claimed,
        model=manifest.spec.model if manifest.spec.model != "auto" else None,
        prompts={prompt.key: prompt},
        tools={},
        notes=tuple(notes),
    )


def _manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    document = document_of(path, folder)
    try:
        manifest = _Manifest.model_validate(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SpotlightError(
            f"{path}: {place}: {first['msg']}", hint="an Agent Pack needs this field"
        ) from exc
    if manifest.apiVersion not in (_API, _LEGACY) or manifest.kind != "Agent":
        raise SpotlightError(
            f"{path}: apiVersion {manifest.apiVersion!r}, kind {manifest.kind!r} is no Agent Pack",
            hint=f"apiVersion {_API}, kind Agent can be read",
        )
    return manifest


def _claimed(folder: Path) -> tuple[str | None, str | None]:
    """Return the digest that the signature names, and a note where the signature cannot be read.

    The signature is not checked: its digest is of a method that is not published.
    """
    if not (folder / "pack.sig").exists():
        return None, None
    try:
        body = text_of(folder / "pack.sig", folder).strip().split(".")[1]
        payload: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(payload["digest"]), None
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None, "pack.sig is no signature that can be read"
