"""The types of the tables a wire shape fills, and what several shapes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from spotlight.messages.canonical import Blob, File, Json, Part, Uri

Raw = dict[str, Json]
PartReader = Callable[[str, Raw], Part | None]
"""Reads a part from its type and a copy of it without the type; None where it does not fit."""

DATA_URL: Final = "data:"
_MODALITIES: Final = ("image", "video", "audio")


class Rewrite(NamedTuple):
    """A message in another form than {role, content}: how to know it, and as what to read it."""

    fits: Callable[[Raw], bool]
    rewrite: Callable[[Raw], list[Raw]]


@dataclass(frozen=True)
class Envelope:
    """What stood around messages: each side as sent, to be read in its turn."""

    system: Json = None
    input: Json = None
    output: Json = None
    tools: Json = None
    rest: Mapping[str, Json] = field(default_factory=dict)


class EnvelopeReader(NamedTuple):
    """An object around messages: how to know it, and how to take it apart."""

    fits: Callable[[Raw], bool]
    split: Callable[[Raw], Envelope]


class Shape(NamedTuple):
    """All tables of one wire shape."""

    name: str
    parts: Mapping[str, PartReader] = {}
    keyed: Mapping[str, PartReader] = {}
    rewrites: tuple[Rewrite, ...] = ()
    envelopes: tuple[EnvelopeReader, ...] = ()


def modality(mime_type: Any, default: str = "document") -> str:
    """Return image, video, audio or document for a MIME type; the default where none is given."""
    if not isinstance(mime_type, str):
        return default
    found = mime_type.split("/", 1)[0]
    return found if found in _MODALITIES else "document"


def media(source: str, mime_type: str | None, kind: str, extra: Mapping[str, Json]) -> Blob | Uri:
    """Return a blob for a data URL or bare base64, a uri for everything with a scheme."""
    if source.startswith(DATA_URL) and "," in source:
        head, content = source[len(DATA_URL) :].split(",", 1)
        found = head.split(";", 1)[0] or mime_type
        kept = {**extra, "data_url": head} if head != f"{found};base64" else extra
        return Blob(found, modality(found, kind), content, kept)
    if "://" in source[:64] or source.startswith(("/", "gs:", "file:")):
        return Uri(mime_type, modality(mime_type, kind), source, extra)
    return Blob(mime_type, modality(mime_type, kind), source, extra)


def file_part(file_id: str, mime_type: str | None, kind: str, extra: Mapping[str, Json]) -> File:
    """Return a file the provider holds."""
    return File(mime_type, modality(mime_type, kind), file_id, extra)
