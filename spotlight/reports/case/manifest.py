"""What a case file says of itself: `manifest.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from spotlight.errors import UnreadableFile
from spotlight.model import COSTS, LOGS, METRICS, PAYLOADS, RUNS, SCORES, SPANS, STEPS, Table

FORMAT: Final = "spotlight-case"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
PAGE: Final = "index.html"
REDACTION: Final = "redaction.json"
# Of steps alone, as the view has them.
_COSTS: Final = COSTS._replace(columns=tuple(c for c in COSTS.columns if c.name != "unpriced_generations"))
TABLES: Final[Mapping[str, Table]] = {
    **{f"recorded/{t.name}.parquet": t for t in (SPANS, PAYLOADS, LOGS, METRICS, SCORES)},
    **{f"derived/{t.name}.parquet": t for t in (RUNS, STEPS, _COSTS)},
}
MEMBERS: Final = frozenset((PAGE, REDACTION, *TABLES))
_HINT: Final = "ask for the file again, or for one made by this version"


class File(NamedTuple):
    """One file of a case: what its bytes hash to, how many there are, and the rows of a table."""

    sha256: str
    bytes: int
    rows: int | None


def described(body: bytes, rows: int | None = None) -> File:
    """Return what the manifest says of a file."""
    return File(hashlib.sha256(body).hexdigest(), len(body), rows)


def manifest_json(about: Mapping[str, Any], files: Mapping[str, File]) -> bytes:
    """Return the manifest: what the case is `about`, and every other file of it."""
    listed = {
        name: {key: value for key, value in file._asdict().items() if value is not None}
        for name, file in sorted(files.items())
    }
    said = {"format": FORMAT, "format_version": VERSION, **about, "files": listed}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"


class Manifest(NamedTuple):
    """A manifest that was read: all that it says, and its files."""

    said: dict[str, Any]
    files: dict[str, File]


def read_manifest(body: bytes, name: str) -> Manifest:
    """Return the manifest of the case file `name`.

    Raises: UnreadableFile for another format, a newer version, or files that no case holds.
    """
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise UnreadableFile(f"the manifest of {name!r} is not JSON: {exc}", hint=_HINT) from exc
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise UnreadableFile(f"{name!r} is no case file of Spotlight", hint="name one that `export` made")
    version = said.get("format_version")
    if version != VERSION:
        raise UnreadableFile(
            f"{name!r} has format version {str(version)[:40]}, this Spotlight reads {VERSION}",
            hint=f"made by Spotlight {str(said.get('spotlight'))[:40]}; use that version or a later one",
        )
    return Manifest(said, _files(said.get("files"), name))


def _files(listed: object, name: str) -> dict[str, File]:
    found: dict[str, File] = {}
    for path, said in listed.items() if isinstance(listed, dict) else ():
        if path not in MEMBERS:
            raise UnreadableFile(f"{name!r} names a file that no case holds: {path[:100]!r}", hint=_HINT)
        given = said if isinstance(said, dict) else {}
        digest, size, rows = (given.get(field) for field in File._fields)
        whole = all(type(n) is int and n >= 0 for n in (size, 0 if rows is None else rows))
        if not isinstance(digest, str) or not isinstance(size, int) or not whole:
            raise UnreadableFile(f"the manifest of {name!r} does not describe {path!r}", hint=_HINT)
        found[path] = File(digest, size, rows)
    missing = sorted(TABLES.keys() - found.keys())
    if missing:
        raise UnreadableFile(f"{name!r} lacks {', '.join(missing)}", hint=_HINT)
    return found
