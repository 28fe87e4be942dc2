"""The content of a file that may be another product's: its form, and its records one by one."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spotlight.errors import UnreadableFile

Form = Literal["json", "lines", "csv", "parquet", "zip", "bytes"]

_MAX_CELL: Final = 64 << 20
# What one archive may inflate to, whole and per member: a zip of 1 MB can hold a gigabyte of zeros.
_MAX_MEMBER: Final = 512 << 20
_MAX_ARCHIVE: Final = 2 << 30


class Record(NamedTuple):
    """One object of a file; `place` is its line, row or number, counted from 1."""

    place: int
    value: dict[str, Any]


class Broken(NamedTuple):
    """A line that is no JSON object."""

    place: int
    text: str


class Content:
    """The bytes of a file, unpacked, with what can be read from them on demand."""

    def __init__(self, path: Path, body: bytes) -> None:
        self.path = path
        self.body = body
        self.text = body.removeprefix(b"\xef\xbb\xbf").strip()

    @cached_property
    def form(self) -> Form:
        """What kind of file it is: told by its bytes, CSV by its name."""
        if self.body.startswith(b"PAR1"):
            return "parquet"
        if self.body.startswith(b"PK\x03\x04"):
            return "zip"
        if self.text[:1] not in (b"{", b"["):
            is_csv = ".csv" in self.path.suffixes and b"\0" not in self.body[:4096]
            return "csv" if is_csv else "bytes"
        first, _, more = self.text.partition(b"\n")
        return "lines" if more and _loads(first) is not None else "json"

    @cached_property
    def document(self) -> Any:
        """The whole of a JSON file; None where it is none."""
        return _loads(self.text) if self.form == "json" else None

    @cached_property
    def first(self) -> dict[str, Any]:
        """The first record; empty where there is none."""
        return next((r.value for r in self.records() if isinstance(r, Record)), {})

    def records(self) -> Iterator[Record | Broken]:
        """Yield the objects of a file: lines, rows, items of a list or of an API page's `data`."""
        if self.form == "lines":
            yield from self._lines()
        elif self.form == "json":
            document = self.document
            page = document.get("data") if isinstance(document, dict) else document
            values = page if isinstance(page, list) else [document]
            for place, value in enumerate(values, 1):
                if isinstance(value, dict):
                    yield Record(place, value)
                else:
                    yield Broken(place, repr(value)[:_MAX_CELL])
        elif self.form == "csv":
            yield from self._csv_rows()
        elif self.form == "parquet":
            yield from self._parquet_rows()

    def members(self) -> dict[str, zipfile.ZipInfo]:
        """Return the members of an archive by name. Raises: UnreadableFile where it is damaged or a bomb."""
        if self.form != "zip":
            return {}
        try:
            with zipfile.ZipFile(io.BytesIO(self.body)) as archive:
                found = {info.filename: info for info in archive.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError) as exc:
            raise UnreadableFile(
                f"{str(self.path)!r} is no whole archive: {exc}", hint="copy it again"
            ) from exc
        sizes = [info.file_size for info in found.values()]
        if max(sizes, default=0) > _MAX_MEMBER or sum(sizes) > _MAX_ARCHIVE:
            raise UnreadableFile(
                f"{str(self.path)!r} inflates to more than 2 GiB", hint="is it what it says?"
            )
        return found

    def member(self, info: zipfile.ZipInfo) -> Any:
        """Return the JSON value of a member of an archive.

        Raises: UnreadableFile for a damaged member, and for a compression that this Python cannot undo.
        """
        place = f"{info.filename!r} in {str(self.path)!r}"
        try:
            with zipfile.ZipFile(io.BytesIO(self.body)) as archive, archive.open(info) as member:
                return json.loads(member.read(_MAX_MEMBER))
        except NotImplementedError as exc:
            raise UnreadableFile(f"{place} is compressed with zstd, which this Python cannot undo",
                                 hint="convert the log to .json with its own tool") from exc  # fmt: skip
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, RecursionError) as exc:
            raise UnreadableFile(f"{place} cannot be read: {exc}", hint="copy the file again") from exc

    def _lines(self) -> Iterator[Record | Broken]:
        for place, line in enumerate(io.BytesIO(self.text), 1):  # one at a time: files may be large
            if not line.strip():
                continue
            value = _loads(line)
            if isinstance(value, dict):
                yield Record(place, value)
            else:
                yield Broken(place, line.decode("utf-8", "replace").rstrip("\r\n"))

    def _csv_rows(self) -> Iterator[Record | Broken]:
        csv.field_size_limit(_MAX_CELL)
        text = io.StringIO(self.text.decode("utf-8", "replace"), newline="")
        try:
            for place, row in enumerate(csv.DictReader(text), 2):
                yield Record(
                    place, {k: v for k, v in row.items() if isinstance(k, str) and v not in (None, "")}
                )
        except csv.Error as exc:
            raise UnreadableFile(f"{str(self.path)!r} is no CSV: {exc}", hint="export it again") from exc

    def _parquet_rows(self) -> Iterator[Record | Broken]:
        try:
            with pq.ParquetFile(io.BytesIO(self.body)) as file:
                place = 0
                for batch in file.iter_batches(batch_size=1024):
                    for row in batch.to_pylist():
                        place += 1
                        yield Record(place, row)
        except (pa.ArrowException, OSError) as exc:
            raise UnreadableFile(f"{str(self.path)!r} is no whole Parquet file: {exc}",
                                 hint="copy it again") from exc  # fmt: skip


def _loads(text: bytes) -> Any:
    """Return the JSON value, None where it is none. NaN and Infinity, which pandas and Python write, too."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
