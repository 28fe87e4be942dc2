"""A case file -> rows. Whoever sent it, it is checked before a row is believed."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spotlight.errors import UnreadableFile
from spotlight.model import DEFAULT_TENANT, Table
from spotlight.reports.case.manifest import MANIFEST, PAGE, REDACTION, TABLES, File, read_manifest

_ZIP: Final = b"PK\x03\x04"
_MOST_BYTES: Final = 1 << 30  # of the zip, and of each file in it
_MOST_EXPANDED: Final = 4 << 30  # of all rows, texts written out
_MOST_MANIFEST: Final = 16 << 20
_MOST_MEMBERS: Final = len(TABLES) + 3
_ROWS_AT_ONCE: Final = 4_096
_HINT: Final = "it is damaged, or was not made by Spotlight: ask for it again"


class CaseFile(NamedTuple):
    """A case file that was read: what its manifest says, and its rows by table."""

    said: dict[str, Any]
    recorded: Mapping[str, pa.Table]
    derived: Mapping[str, pa.Table]


def is_case(body: bytes) -> bool:
    """Return whether a file may be a case: a zip with a manifest. Raises nothing."""
    if not body.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return MANIFEST in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


_KNOWN: Final = frozenset((PAGE, REDACTION, MANIFEST, *TABLES))


def read_case(path: Path) -> CaseFile:
    """Return the rows of a case file.

    Nothing is unpacked to the disk; every file must be one that cases hold, as large as announced, and hash
    to what the manifest says.
    Raises: UnreadableFile with what is wrong.
    """
    name = str(path)
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise UnreadableFile(f"{name!r} is {size:,} bytes, more than 1 GiB", hint="export fewer runs")
        with zipfile.ZipFile(path) as archive:
            return _read(archive, name)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise UnreadableFile(f"{name!r} is no zip that can be read: {exc}", hint=_HINT) from exc


def _read(archive: zipfile.ZipFile, name: str) -> CaseFile:
    listed = archive.infolist()
    names = [info.filename for info in listed]
    strange = sorted(set(names) - _KNOWN)
    if strange or len(listed) > _MOST_MEMBERS or len(set(names)) < len(names):
        found = repr(strange[0][:100]) if strange else "one file twice"
        raise UnreadableFile(f"{name!r} holds {found}, which no case does", hint=_HINT)
    if MANIFEST not in names:
        raise UnreadableFile(f"{name!r} has no {MANIFEST}: it is no case file", hint=_HINT)
    manifest = read_manifest(_member(archive, MANIFEST, _MOST_MANIFEST, name), name)
    tables: dict[str, pa.Table] = {}
    left = _MOST_EXPANDED
    for member, file in manifest.files.items():
        if member not in names:
            raise UnreadableFile(f"{name!r} lacks {member}", hint=_HINT)
        body = _member(archive, member, min(file.bytes, _MOST_BYTES), name)
        _check(member, body, file, name)
        if member in TABLES:
            tables[member] = _rows(member, body, file, left, name)
            left -= tables[member].nbytes
    by_folder = {
        folder: {TABLES[m].name: t for m, t in tables.items() if m.startswith(folder)}
        for folder in ("recorded", "derived")
    }
    return CaseFile(manifest.said, by_folder["recorded"], by_folder["derived"])


def _member(archive: zipfile.ZipFile, member: str, most: int, name: str) -> bytes:
    """Return one file of the zip, read no further than `most` bytes, whatever the zip announces."""
    with archive.open(member) as packed:
        body = packed.read(most + 1)
    if len(body) > most:
        raise UnreadableFile(f"{member} in {name!r} is larger than {most:,} bytes", hint=_HINT)
    return body


def _check(member: str, body: bytes, file: File, name: str) -> None:
    found = hashlib.sha256(body).hexdigest()
    if (len(body), found) != (file.bytes, file.sha256):
        raise UnreadableFile(
            f"{member} in {name!r} hashes to {found[:16]}…, the manifest says {str(file.sha256)[:16]}…",
            hint="it was changed after it was made: ask for it again",
        )


def _rows(member: str, body: bytes, file: File, most: int, name: str) -> pa.Table:
    """Return a table; a text that many rows share is counted for each of them before it is written out."""
    table = TABLES[member]
    wanted = _schema(table)
    texts = [field.name for field in wanted if field.type == pa.string()]
    parts: list[pa.Table] = []
    size = 0
    try:
        with pq.ParquetFile(
            io.BytesIO(body), read_dictionary=texts, page_checksum_verification=True
        ) as file_:
            found = file_.schema_arrow
            names = set(found.names)
            odd = sorted((names ^ set(wanted.names)) - (table.later - names))
            if odd:
                raise UnreadableFile(
                    f"{member} in {name!r} does not have this version's columns: {', '.join(odd)[:200]}",
                    hint="load it with the version of Spotlight that made it",
                )
            for batch in file_.iter_batches(_ROWS_AT_ONCE):
                size += _written_out(batch)
                if size > most:
                    raise UnreadableFile(f"{member} in {name!r} expands beyond 4 GiB", hint=_HINT)
                parts.append(_whole(pa.Table.from_batches([batch]), wanted))
    except (pa.ArrowException, OSError, ValueError) as exc:
        raise UnreadableFile(f"{member} in {name!r} is no table: {exc}", hint=_HINT) from exc
    rows = pa.concat_tables(parts) if parts else wanted.empty_table()
    if rows.num_rows != file.rows:
        raise UnreadableFile(
            f"{member} in {name!r} has {rows.num_rows:,} rows, the manifest says {file.rows}", hint=_HINT
        )
    tenant = pa.repeat(pa.scalar(DEFAULT_TENANT), rows.num_rows)
    return pa.table(
        [tenant if n == "tenant" else rows.column(n) for n in table.schema.names], schema=table.schema
    )


def _whole(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Return rows with all columns; a file made before there were the later ones has NULL there."""
    columns = [
        rows.column(f.name) if f.name in rows.column_names else pa.nulls(rows.num_rows, f.type)
        for f in wanted
    ]
    return pa.table(columns, names=wanted.names).cast(wanted)


def _schema(table: Table) -> pa.Schema:
    return pa.schema([field for field in table.schema if field.name != "tenant"])


def _written_out(batch: pa.RecordBatch) -> int:
    size = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            size += int(pc.sum(lengths).as_py() or 0)
        else:
            size += int(column.nbytes)
    return size
