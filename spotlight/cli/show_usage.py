"""`spotlight show RUN --usage`: every number of a run's usage, where it came from, whether it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from spotlight.cli.output import count, harmless, one_line, out

_HEADS: Final = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache read",
    "cache_write_tokens": "cache write",
    "reasoning_tokens": "reasoning",
    "cost_reported_usd": "reported USD",
}
_MOST_OTHER_KEYS: Final = 40


def print_usage(account: Mapping[str, Any]) -> None:
    """Print the account of a run's usage; see `reports.usage_account`."""
    used = [name for name in _HEADS if any(_said(step, name) is not None for step in account["steps"])]
    table = Table("span", "step", *(_HEADS[name] for name in used), "counted", "why", pad_edge=False)
    for step in account["steps"]:
        counted = Text("yes", "green") if step["counted"] else Text("no", "yellow")
        table.add_row(
            step["span_id"], harmless(one_line(f"{step['kind']} {step['name']}")),
            *(_cell(step, name) for name in used), counted, _why(step),
        )  # fmt: skip
    table.add_section()
    table.add_row("", "total", *(_number(name, account["total"][name]) for name in used), "", "")
    out.print(table)
    _print_sources(account["steps"])
    if account["repeats"]:
        line = f"{len(account['repeats'])} log records repeat a call above: {account['repeats'][0]['why']}"
        out.print(Text(line, "dim"))
    _print_other_keys(account["other_keys"])


def _said(step: Mapping[str, Any], name: str) -> float | None:
    return next((number["value"] for number in step["numbers"] if number["column"] == name), None)


def _cell(step: Mapping[str, Any], name: str) -> Text:
    """The number that counts; where the client's own differs, that one too; in grey what does not count."""
    said, counts = _said(step, name), step["counts_as"][name]
    if not step["counted"]:
        return Text(_number(name, said), "dim strike" if said is not None else "dim")
    if counts != said:
        return Text(f"{_number(name, counts)} (said {_number(name, said)})")
    return Text(_number(name, counts))


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.6f}" if name == "cost_reported_usd" else count(int(value))


def _why(step: Mapping[str, Any]) -> Text:
    text = Text(harmless(step["why"]))
    if (step["counted"] and step["basis"] == "exclusive") or (step["basis_why"] and ";" in step["basis_why"]):
        text.append(f"; {step['basis_why']}", "dim")
    return text


def _print_sources(steps: Sequence[Mapping[str, Any]]) -> None:
    """Print which attribute gave which column, each pairing once with the number of spans it holds for."""
    pairs: dict[tuple[str, str], int] = {}
    for step in steps:
        for number in step["numbers"]:
            pair = (number["column"], number["attribute"] or "made by the client's other records")
            pairs[pair] = pairs.get(pair, 0) + 1
    table = Table("column", "attribute", "spans", title="where the numbers came from", title_justify="left")
    for (column, attribute), spans in sorted(pairs.items()):
        table.add_row(column, harmless(attribute), str(spans))
    out.print(table)


def _print_other_keys(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        return
    table = Table("span", "attribute", "value", "why not", title="not counted", title_justify="left")
    for other in found[:_MOST_OTHER_KEYS]:
        value = harmless(one_line(str(other["value"]))[:60])
        table.add_row(other["span_id"], harmless(other["attribute"]), value, other["why"])
    out.print(table)
    if len(found) > _MOST_OTHER_KEYS:
        out.print(f"and {len(found) - _MOST_OTHER_KEYS} more; --json has them all")
