"""Usage and cost exports of providers: what they hold by UTC day and model.

Read are the answers of OpenAI's and Anthropic's usage and cost APIs (JSON, also several pages as a
list) and the CSV files of their consoles. Sources: OpenAI API reference, organization/usage and
organization/costs; Anthropic API reference, usage_report/messages and cost_report, whose amounts are cents.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, NamedTuple

from spotlight.errors import UnreadableFile

_HINT: Final = "docs/cost.md lists the exports that can be read"
_CENT: Final = Decimal("0.01")
_ONE: Final = Decimal(1)
_MOST_BYTES: Final = 256 << 20


class Shape(NamedTuple):
    """One kind of export: which columns tell it, and what its columns mean."""

    name: str
    provider: str
    needs: frozenset[str]
    day: tuple[str, ...]
    model: str
    measures: Mapping[str, tuple[str, Decimal]]  # column -> our measure, and the factor to it
    known: frozenset[str]  # columns that say who or how, and are not compared


class Entry(NamedTuple):
    """One figure of an export; `model` is None where it is of all models."""

    day: str
    model: str | None
    measure: str
    value: Decimal


class Export(NamedTuple):
    """An export, read."""

    shape: Shape
    entries: list[Entry]
    unknown_columns: list[str]
    has_more: bool  # a page that is not the last


_OPENAI_COLUMNS: Final = (
    "object start_time end_time start_time_iso end_time_iso project_id project_name user_id user_email "
    "api_key_id api_key_name organization_id organization_name model batch service_tier api_source line_item "
    "quantity quantity_unit amount_currency amount_value num_model_requests input_tokens output_tokens "
    "input_cached_tokens input_uncached_tokens input_text_tokens output_text_tokens input_cached_text_tokens "
    "input_audio_tokens input_cached_audio_tokens output_audio_tokens input_image_tokens "
    "input_cached_image_tokens output_image_tokens input_cache_write_tokens"
)
_ANTHROPIC_COLUMNS: Final = (
    "starting_at ending_at usage_date_utc api_key api_key_id api_key_status workspace workspace_id "
    "usage_type context_window model model_version service_tier inference_geo speed account_id "
    "service_account_id web_search_count server_tool_use.web_search_requests currency description "
    "cost_type token_type cost_usd list_price_usd amount"
)
_OPENAI: Final = frozenset(_OPENAI_COLUMNS.split())
_ANTHROPIC: Final = frozenset(_ANTHROPIC_COLUMNS.split())
SHAPES: Final = (
    Shape(
        "OpenAI usage", "openai", frozenset(["num_model_requests", "input_tokens"]),
        ("start_time", "start_time_iso"), "model",
        {
            "num_model_requests": ("calls", _ONE),
            "input_tokens": ("input_tokens", _ONE),
            "input_cached_tokens": ("cache_read_tokens", _ONE),
            "input_cache_write_tokens": ("cache_write_tokens", _ONE),
            "output_tokens": ("output_tokens", _ONE),
        },
        _OPENAI,
    ),
    Shape(
        "OpenAI costs", "openai", frozenset(["amount_value"]), ("start_time", "start_time_iso"), "line_item",
        {"amount_value": ("cost_usd", _ONE)}, _OPENAI,
    ),
    Shape(
        "Anthropic usage (CSV)", "anthropic", frozenset(["usage_date_utc", "usage_input_tokens_no_cache"]),
        ("usage_date_utc",), "model_version",
        {
            "usage_input_tokens_no_cache": ("uncached_input_tokens", _ONE),
            "usage_input_tokens_cache_read": ("cache_read_tokens", _ONE),
            "usage_input_tokens_cache_write_5m": ("cache_write_5m_tokens", _ONE),
            "usage_input_tokens_cache_write_1h": ("cache_write_1h_tokens", _ONE),
            "usage_output_tokens": ("output_tokens", _ONE),
        },
        _ANTHROPIC,
    ),
    Shape(
        "Anthropic usage", "anthropic", frozenset(["starting_at", "uncached_input_tokens"]),
        ("starting_at",), "model",
        {
            "uncached_input_tokens": ("uncached_input_tokens", _ONE),
            "cache_read_input_tokens": ("cache_read_tokens", _ONE),
            "cache_creation.ephemeral_5m_input_tokens": ("cache_write_5m_tokens", _ONE),
            "cache_creation.ephemeral_1h_input_tokens": ("cache_write_1h_tokens", _ONE),
            "output_tokens": ("output_tokens", _ONE),
        },
        _ANTHROPIC,
    ),
    Shape(
        "Anthropic costs (CSV)", "anthropic", frozenset(["usage_date_utc", "cost_usd"]), ("usage_date_utc",),
        "model", {"cost_usd": ("cost_usd", _ONE)}, _ANTHROPIC,
    ),
    Shape(
        "Anthropic costs", "anthropic", frozenset(["starting_at", "amount"]), ("starting_at",), "model",
        {"amount": ("cost_usd", _CENT)}, _ANTHROPIC,
    ),
)  # fmt: skip


def read_export(path: Path) -> Export:
    """Return what an export holds. Raises: UnreadableFile for anything that is none, naming what is wrong."""
    text = _text(path)
    if text.lstrip()[:1] in ("{", "["):
        rows, has_more = _json_rows(path, text)
    else:
        rows, has_more = list(_csv_rows(text)), False
    if not rows:
        raise UnreadableFile(f"{path} holds no rows of usage or cost", hint=_HINT)
    columns = {name: None for row in rows for name in row}
    shape = next((s for s in SHAPES if s.needs <= columns.keys()), None)
    if shape is None:
        raise UnreadableFile(
            f"{path} is no export of OpenAI or Anthropic: its columns are {', '.join(list(columns)[:12])}",
            hint=_HINT,
        )
    entries = [entry for at, row in enumerate(rows, 1) for entry in _entries(path, shape, at, row)]
    unknown = [name for name in columns if name not in shape.known and name not in shape.measures]
    return Export(shape, entries, unknown, has_more)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnreadableFile(f"{path} is larger than {_MOST_BYTES >> 20} MiB", hint="export fewer days")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UnreadableFile(f"cannot read {path}: {exc}", hint=_HINT) from exc


def _csv_rows(text: str) -> Iterator[dict[str, Any]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    for row in csv.DictReader(io.StringIO(text), delimiter=delimiter):
        yield {name.strip(): value for name, value in row.items() if isinstance(name, str)}


def _json_rows(path: Path, text: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the results of all buckets, flat, with their bucket's times, and whether pages are missing."""
    try:
        read = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(f"{path} is no JSON: {exc}", hint=_HINT) from exc
    pages = read if isinstance(read, list) else [read]
    rows: list[dict[str, Any]] = []
    has_more = False
    for page in pages:
        if not isinstance(page, dict):
            continue
        buckets = page.get("data", [page])
        has_more = bool(page.get("has_more", False))
        for bucket in buckets if isinstance(buckets, list) else []:
            if isinstance(bucket, dict):
                rows += _bucket_rows(bucket)
    return rows, has_more


def _bucket_rows(bucket: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    times = {name: value for name, value in bucket.items() if not isinstance(value, list | dict)}
    results = bucket.get("results")
    for result in results if isinstance(results, list) else []:
        if isinstance(result, dict):
            yield times | _flat(result)


def _flat(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without nesting; OpenAI's amount gets the names that its CSV has."""
    flat: dict[str, Any] = {}
    for name, value in result.items():
        if not isinstance(value, dict):
            flat[name] = value
        elif name == "amount":
            flat |= {f"amount_{key}": part for key, part in value.items()}
        else:
            flat |= {f"{name}.{key}": part for key, part in value.items()}
    return flat


def _entries(path: Path, shape: Shape, at: int, row: Mapping[str, Any]) -> Iterator[Entry]:
    currency = row.get("amount_currency") or row.get("currency")
    if currency and str(currency).lower() != "usd":
        raise UnreadableFile(f"{path}: row {at} is in {currency}", hint="only USD can be compared")
    day = _day(path, at, [row.get(name) for name in shape.day])
    model = _model(row.get(shape.model))
    for column, (measure, factor) in shape.measures.items():
        value = row.get(column)
        if value not in (None, ""):
            yield Entry(day, model, measure, _number(path, at, column, value) * factor)


def _model(said: object) -> str | None:
    """Return the model of a row: of OpenAI's line items what stands before the comma."""
    text = str(said or "").split(",")[0].strip()
    return text or None


def _number(path: Path, at: int, column: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", ""))
    except InvalidOperation as exc:
        raise UnreadableFile(f"{path}: row {at}, {column} is {value!r}, no number", hint=_HINT) from exc
    if not number.is_finite():
        raise UnreadableFile(f"{path}: row {at}, {column} is {value!r}", hint=_HINT)
    return number


def _day(path: Path, at: int, said: Sequence[object]) -> str:
    """Return the UTC day: of seconds since 1970, or of an ISO time."""
    for value in said:
        text = str(value if value is not None else "").strip()
        if not text:
            continue
        try:
            if text.isdigit():
                return dt.datetime.fromtimestamp(int(text), dt.UTC).date().isoformat()
            time = dt.datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError) as exc:
            raise UnreadableFile(f"{path}: row {at} begins at {text!r}, no time", hint=_HINT) from exc
        return (time.astimezone(dt.UTC) if time.tzinfo else time).date().isoformat()
    raise UnreadableFile(f"{path}: row {at} has no time", hint=_HINT)
