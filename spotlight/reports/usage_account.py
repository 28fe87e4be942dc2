"""The account of a run's usage: every number, where it came from, and whether it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly
from spotlight.assembly.usage import DUPLICATE, LEAF, NONE, ROLE_NAMES, ROLLUP, inclusive_input
from spotlight.dialects import effective_fields

NUMBERS: Final = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "cost_reported_usd",
)  # fmt: skip
BASES: Final = {
    "inclusive": "the client's input tokens contain the cache",
    "exclusive": "the client's input tokens are without the cache: cache read and write were added",
    None: None,
}
_DOUBTS: Final = {
    "usage_assumed": "nothing says whether the cache is in it: taken to be",
    "usage_conflict": "more cache than input, though the client should count it in: the parts were added",
    "impossible_usage": "a number no call can have was left out",
}
# Sums that clients keep under keys of their own; read by no table, since their parts are counted.
KNOWN_SUMS: Final = {
    "gen_ai.aggregated_usage.": "sum over the agent's calls",
    "codex.turn.token_usage.": "sum over the turn's calls",
    "adk.experimental.": "sum over the agent's calls",
    "promptkit.pipeline.": "sum over the pipeline's calls",
    "mlflow.trace.tokenUsage": "sum over the trace's calls",
    "lk.agents.usage.": "sum over the session's calls",
}
_NO_TABLE: Final = "kept with the span; no table reads it as usage"


def usage_account(found: Assembly, sent: pa.Table) -> dict[str, Any]:
    """Return {"total", "steps", "repeats", "other_keys"} of one run.

    `sent` has trace_id, span_id, dialect, usage_keys, attributes of all rows of the run, log records
    among them. `total` sums what counts (None: unknown). `steps` has a row per span that reports
    usage or is a model call, `repeats` one per log record of such a step, `other_keys` the
    attributes that look like usage and fill no column.
    """
    rows = found.spans
    keys = {(r["trace_id"], r["span_id"]): _object(r["usage_keys"]) for r in sent.to_pylist()}
    columns = {name: rows.column(name).to_pylist() for name in (*_FACTS, *NUMBERS)}
    columns["inclusive"] = inclusive_input(rows).to_pylist()
    tellers = _tellers(found)
    steps = [
        _step(found, columns, row, keys, tellers.get(row, []))
        for row in range(rows.num_rows)
        if found.roles.role[row] != NONE or found.roles.is_generation[row]
    ]
    steps.sort(key=lambda step: step["started_ns"] or 0)
    return {
        "total": {name: _sum(steps, name) for name in NUMBERS},
        "steps": steps,
        "repeats": list(_repeats(found, columns)),
        "other_keys": list(_other_keys(sent)),
    }


_FACTS: Final = (
    "trace_id", "span_id", "name", "kind", "signal", "scope_name", "started_ns", "usage_basis",
    "quality_flags",
)  # fmt: skip


def _tellers(found: Assembly) -> dict[int, list[tuple[str, str]]]:
    tellers: dict[int, list[tuple[str, str]]] = {}
    for row in found.told.to_pylist():
        tellers.setdefault(row["step"], []).append((row["trace_id"], row["span_id"]))
    return tellers


def _step(
    found: Assembly,
    columns: Mapping[str, Sequence[Any]],
    row: int,
    keys: Mapping[tuple[str, str], dict[str, str]],
    tellers: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    role = int(found.roles.role[row])
    own = keys.get((columns["trace_id"][row], columns["span_id"][row]), {})
    told = {name: f"{key} (log record)" for teller in tellers for name, key in keys.get(teller, {}).items()}
    numbers = [
        {"column": name, "value": columns[name][row], "attribute": own.get(name) or told.get(name)}
        for name in NUMBERS
        if columns[name][row] is not None
    ]
    counted = role == LEAF
    flags = columns["quality_flags"][row] or []
    step = {name: columns[name][row] for name in _FACTS if name not in ("usage_basis", "quality_flags")}
    step |= {
        "role": ROLE_NAMES[role],
        "counted": counted,
        "why": _why(found, columns, row),
        "basis": columns["usage_basis"][row],
        "basis_why": "; ".join(
            filter(None, [BASES.get(columns["usage_basis"][row]), *(_DOUBTS.get(flag) for flag in flags)])
        ) or None,
        "numbers": numbers,
        "instead": columns["span_id"][found.roles.twin[row]] if role == DUPLICATE else None,
    }  # fmt: skip
    step["counts_as"] = {name: columns[name][row] if counted else None for name in NUMBERS}
    if counted:
        step["counts_as"]["input_tokens"] = columns["inclusive"][row]
    return step


def _why(found: Assembly, columns: Mapping[str, Sequence[Any]], row: int) -> str:
    """Return the rule that decided whether this report counts. Source: dialect reference, section 5.2."""
    role = int(found.roles.role[row])
    if role == ROLLUP:
        return "steps below report usage: this repeats or sums them"
    if role == DUPLICATE:
        rule = "the same response id" if found.roles.twin_by_id[row] else "the same tokens over the same time"
        scope = columns["scope_name"][found.roles.twin[row]]
        return f"{rule} as a report by {scope or 'another scope'}, which counts"
    if role == NONE:
        return "a model call that reported no tokens: unknown, not 0"
    if columns["kind"][row] != "llm":
        return "no step below reports usage, so this one's own figures count"
    return "a model call, reported once"


def _repeats(found: Assembly, columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for row in found.told.to_pylist():
        step = row["step"]
        if found.roles.role[step] == NONE and not found.roles.is_generation[step]:
            continue
        why = "a log record of the same call: it fills what the span does not say, and is not counted again"
        yield {"span_id": row["span_id"], "repeats": columns["span_id"][step], "why": why}


def _other_keys(sent: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield attributes that look like usage but fill no column."""
    texts = sent.filter(pc.match_substring_regex(sent.column("attributes"), "(?i)usage|tokens?[^a-z]|cost"))
    for row in texts.to_pylist():
        read = set(_object(row["usage_keys"]).values())
        for key, value in _object(row["attributes"]).items():
            if key in read or not _looks_like_usage(key, value):
                continue
            why = _why_not(row["dialect"], key)
            yield {"span_id": row["span_id"], "attribute": key, "value": value, "why": why}


def _why_not(dialect: str, key: str) -> str:
    known = next((text for start, text in KNOWN_SUMS.items() if key.startswith(start)), None)
    if known:
        return f"{known}: its parts are counted"
    table = effective_fields(dialect)
    names = {getattr(source, "name", source) for name in NUMBERS for source in table.get(name, ())}
    return "another attribute of the same number comes first" if key in names else _NO_TABLE


def _looks_like_usage(key: str, value: object) -> bool:
    said = key.lower()
    if not any(word in said for word in ("usage", "token", "cost")) or isinstance(value, bool):
        return False
    if isinstance(value, str):
        return value.lstrip("-").replace(".", "", 1).isdigit() or said.endswith(("usage", "cost"))
    return isinstance(value, int | float)


def _sum(steps: Sequence[Mapping[str, Any]], name: str) -> float | None:
    known = [step["counts_as"][name] for step in steps if step["counts_as"][name] is not None]
    return sum(known) if known else None


def _object(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except ValueError:  # integers beyond 64 bits
        value = json.loads(text)
    return value if isinstance(value, dict) else {}
