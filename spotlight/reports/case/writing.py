"""Rows -> a case file; the same rows make the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spotlight.errors import SpotlightError
from spotlight.reports.case.manifest import (
    MANIFEST,
    PAGE,
    REDACTION,
    TABLES,
    File,
    described,
    manifest_json,
)
from spotlight.reports.case.selection import CaseRows

# Who may read rows is decided where they lie; a case leaves that behind.
_LEFT_BEHIND: Final = ("tenant",)
_ROW_GROUP: Final = 8_192
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # of every member: a zip knows none that is earlier
_OF_A_RUN: Final = ("run_id", "trace_ids", "session_id", "name", "pack_name", "pack_version", "status",
                    "started_ns", "duration_ms")  # fmt: skip


def write_case(path: Path, rows: CaseRows, page: Iterable[str], redaction: Mapping[str, Any] | None) -> int:
    """Write a case file and return its size in bytes; `page` is its HTML, `redaction` the report of one.

    Raises: SpotlightError where it cannot be written.
    """
    tables = {f"recorded/{name}.parquet": table for name, table in rows.recorded.items()}
    tables |= {f"derived/{name}.parquet": table for name, table in rows.derived.items()}
    partial = path.with_name(f".{path.name}.partial")
    files: dict[str, File] = {}
    try:
        with zipfile.ZipFile(partial, "w") as archive:

            def add(name: str, body: bytes, count: int | None = None) -> None:
                files[name] = described(body, count)
                _member(archive, name, body)

            for name in TABLES:
                add(name, _parquet(tables[name]), tables[name].num_rows)
            add(PAGE, "".join(page).encode("utf-8", "replace"))
            if redaction is not None:
                add(REDACTION, orjson.dumps(redaction, option=orjson.OPT_INDENT_2) + b"\n")
            _member(archive, MANIFEST, manifest_json(_about(rows, redaction), files))
        partial.replace(path)
    except OSError as exc:
        raise SpotlightError(
            f"{str(path)!r} cannot be written: {exc.strerror or exc}",
            hint="name a file in a folder you may write to",
        ) from exc
    finally:
        partial.unlink(missing_ok=True)
    return path.stat().st_size


def _about(rows: CaseRows, redaction: Mapping[str, Any] | None) -> dict[str, Any]:
    runs = rows.derived["runs"].select(_OF_A_RUN).to_pylist()
    books = pc.unique(rows.derived["steps"].column("price_book")).to_pylist()
    return {
        "spotlight": _version(),
        "asked": rows.asked,
        "runs": runs,
        "price_books": sorted(book for book in books if book),
        "left_behind": list(_LEFT_BEHIND),
        "redaction": None if redaction is None else redaction["summary"],
    }


def _version() -> str | None:
    try:
        return version("spotlight")
    except PackageNotFoundError:
        return None


def _parquet(table: pa.Table) -> bytes:
    kept = table.drop_columns([name for name in _LEFT_BEHIND if name in table.column_names])
    sink = io.BytesIO()
    pq.write_table(
        kept, sink, compression="zstd", row_group_size=_ROW_GROUP, write_page_checksum=True,
        write_statistics=False,
    )  # fmt: skip
    return sink.getvalue()


def _member(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3  # of the machine that writes nothing is told
    info.external_attr = 0o644 << 16
    packed = zipfile.ZIP_STORED if name.endswith(".parquet") else zipfile.ZIP_DEFLATED
    archive.writestr(info, body, packed, compresslevel=6)
