"""What the usage of one span means, by plain rules: the slow twin of ingest.usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spotlight.dialects import output_excludes_reasoning, usage_basis, usage_rules
from spotlight.dialects.table import UsageRule

RULED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
)
NAMES = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def meaning(
    row: Mapping[str, Any], keys: Mapping[str, str], sent: Mapping[str, Any], total: int | None
) -> Any:
    """Return usage_basis and output_tokens of a row.

    `keys` are the attributes that gave its columns, `sent` all its attributes.
    """
    dialect = row["dialect"]
    rules = [rule for rule in usage_rules(dialect) if _fits(rule, row, keys, sent)]
    declared = next((rule.basis for rule in rules if rule.basis), usage_basis(dialect))
    beside = next(
        (r.output_excludes_reasoning for r in rules if r.output_excludes_reasoning is not None),
        output_excludes_reasoning(dialect),
    )
    basis = _basis(row, declared, keys, total)
    return {"usage_basis": basis, "output_tokens": _output(row, basis, bool(beside), total)}


def _fits(rule: UsageRule, row: Mapping[str, Any], keys: Mapping[str, str], sent: Mapping[str, Any]) -> bool:
    def carries(key: str) -> bool:
        if key.endswith("."):
            return any(name.startswith(key) for name in sent)
        return sent.get(key) not in (None, "")

    if not all(carries(key) for key in rule.having) or any(carries(key) for key in rule.lacking):
        return False
    if not {keys.get(name) for name in NAMES} >= set(rule.read_from):
        return False
    provider = (row["provider"] or "").lower()
    return not rule.providers or any(word in provider for word in rule.providers)


def _basis(
    row: Mapping[str, Any], declared: str | None, keys: Mapping[str, str], total: int | None
) -> str | None:
    if all(row[name] is None for name in NAMES):
        return None
    given, output, read, write, _ = (row[name] or 0 for name in NAMES)
    impossible = row["input_tokens"] is not None and read + write > given
    if declared is not None:
        return "exclusive" if impossible else declared
    if read + write <= 0:
        return "inclusive"
    if total is not None and total == given + output:
        return "inclusive"
    if total is not None and total == given + output + read + write:
        return "exclusive"
    return "exclusive" if impossible else "inclusive"


def _output(row: Mapping[str, Any], basis: str | None, beside: bool, total: int | None) -> int | None:
    given, output, read, write, reasoning = (row[name] or 0 for name in NAMES)
    if row["output_tokens"] is None:
        return None
    if reasoning <= 0 or output < 0 or max(output, reasoning) >= 2**60:
        return int(output)
    if basis == "exclusive":
        given += read + write
    over = total - given - output if total is not None and row["input_tokens"] is not None else None
    if reasoning > output or over == reasoning or (beside and over != 0):
        return int(output + reasoning)
    return int(output)
