"""Files of packs: within their folder, within limits, as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from spotlight.errors import SpotlightError

MOST_BYTES: Final = 5_000_000  # of one file
MOST_FILES: Final = 5_000
_JUNK: Final = frozenset([".DS_Store", "Thumbs.db"])


def text_of(path: Path, folder: Path) -> str:
    """Return the text of a file that stands in a folder.

    Raises: SpotlightError for a file that is missing, outside of the folder, too large or no UTF-8.
    """
    try:
        return bytes_of(path, folder).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SpotlightError(
            f"{path} is no text in UTF-8: byte {exc.start}", hint="save it as UTF-8"
        ) from exc


def bytes_of(path: Path, folder: Path) -> bytes:
    """Return what a file holds. Raises: as `text_of`."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            raise SpotlightError(f"{path} leads out of the pack", hint="a pack holds all of its files")
        if real.stat().st_size > MOST_BYTES:
            raise SpotlightError(
                f"{path} is larger than {MOST_BYTES:,} bytes", hint="is it part of the pack?"
            )
        return real.read_bytes()
    except OSError as exc:
        raise SpotlightError(f"{path} cannot be read: {exc.strerror}", hint="is the pack complete?") from exc


def document_of(path: Path, folder: Path) -> dict[str, Any]:
    """Return the object that a JSON or YAML file holds. Raises: as `text_of`, and for what is no object."""
    text = text_of(path, folder)
    try:
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as exc:
        raise SpotlightError(f"{path} cannot be read: {exc}", hint="mend the file") from exc
    if not isinstance(found, dict):
        raise SpotlightError(f"{path} holds {type(found).__name__}, not an object", hint="is it a pack?")
    return found


def digest_of(folder: Path, parts: Iterable[str]) -> str:
    """Return the SHA-256 over path and SHA-256 of every file of some parts of a folder, in order of paths.

    Raises: SpotlightError for too many files, or one that leads out of the folder.
    """
    lines = []
    for path in _files(folder, parts):
        inner = hashlib.sha256(bytes_of(path, folder)).hexdigest()
        lines.append(f"{path.relative_to(folder).as_posix()}\n{inner}\n")
        if len(lines) > MOST_FILES:
            raise SpotlightError(f"{folder} holds more than {MOST_FILES:,} files", hint="is it one pack?")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _files(folder: Path, parts: Iterable[str]) -> Iterable[Path]:
    for part in parts:
        top = folder / part
        if top.is_dir():
            yield from (p for p in top.rglob("*") if p.name not in _JUNK and not p.is_dir())
        elif top.exists():
            yield top
