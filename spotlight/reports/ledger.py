"""The ledger: how each price came about, from the attribute to the sum, and usage that cannot be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast

import pyarrow as pa

from spotlight.errors import NotFound
from spotlight.pricing.explain import SOURCES, Line, explain, total
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

# A client's own figure that is off by more than this share of the larger one is worth a look.
APART: Final = 0.1
_MOST: Final = 1000
_SHOWN: Final = (
    "span_id", "step", "name", "kind", "started_ns", "provider", "model", "request_model", "tool_name",
    "usage_role", "cost_usd", "cost_reported_usd", "price_book", "price_row", "unpriced_reason",
)  # fmt: skip


def usage_faults(
    reports: Reports, filters: RunFilters, *, run_id: str | None = None, limit: int = _MOST
) -> pa.Table:
    """Return usage that no call can have and costs far from the client's own, the newest first.

    Columns run_id, span_id (NULL: somewhere in the run), started_ns, pack_name, pack_version,
    provider, model, fault, value, bound (what the value should not be above), n (faults in all).
    """
    params = {"run_id": run_id, "apart": APART, "limit": limit}
    return reports.ask("usage_faults", filters.params() | params)


def cost_ledger(reports: Reports, target: str) -> dict[str, Any]:
    """Return how the price of a run, or of one step of it, came about.

    `target` is the id of a run or a span, or its beginning. The result has run_id, span_id (None
    for a run), cost_usd, cost_reported_usd, unpriced (steps with usage and no price), faults, and
    steps: for each the numbers with their attributes, the rule, the price row and the arithmetic.
    Raises: NotFound.
    """
    run, span_id = _place(reports, target)
    run_id = str(run["run_id"])
    account = reports.usage_account(run_id)
    told = {step["span_id"]: step for step in cast("list[dict[str, Any]]", account["steps"])}
    keys = {
        (row["trace_id"], row["span_id"]): row
        for row in reports.ask("ledger_keys", {"traces": run["trace_ids"]}).to_pylist()
    }
    rows = reports.ask("ledger_steps", {"run_id": run_id}).to_pylist()
    faults = usage_faults(reports, RunFilters(), run_id=run_id).to_pylist()
    steps = [
        _step(row, told.get(row["span_id"]), keys.get((row["trace_id"], row["span_id"])), faults)
        for row in rows
        if span_id in (None, row["span_id"]) and _has_price_or_usage(row, span_id)
    ]
    return {
        "run_id": run_id,
        "span_id": span_id,
        "cost_usd": _sum(steps, "cost_usd"),
        "computed_usd": _sum(steps, "computed_usd"),
        "cost_reported_usd": _sum(steps, "cost_reported_usd"),
        "unpriced": sum(step["unpriced_reason"] is not None for step in steps),
        "price_books": sorted({step["price_book"] for step in steps if step["price_book"]}),
        "faults": [f for f in faults if span_id in (None, f["span_id"])],
        "steps": steps,
    }


def _place(reports: Reports, target: str) -> tuple[Mapping[str, object], str | None]:
    """Return the run that an id means, its row, and the step where it is a step's."""
    try:
        return reports.run(target), None
    except NotFound as exc:
        found = reports.ask("ledger_place", {"span_id": target}).to_pylist() if target else []
        if not found:
            raise NotFound(f"{exc.message}, and no step whose id begins so", hint=exc.hint) from exc
    if len(found) > 1 and found[0]["span_id"] != target:
        both = " and ".join(row["span_id"] for row in found)
        raise NotFound(f"step {target!r} is ambiguous: {both} begin so", hint="give more of the id")
    return reports.run(found[0]["run_id"]), found[0]["span_id"]


def _has_price_or_usage(row: Mapping[str, Any], span_id: str | None) -> bool:
    priced = row["cost_usd"] is not None or row["unpriced_reason"] is not None
    return priced or row["usage_role"] != "none" or bool(row["is_generation"]) or span_id is not None


def _step(
    row: Mapping[str, Any],
    told: Mapping[str, Any] | None,
    key: Mapping[str, Any] | None,
    faults: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    unit_prices = _unit_prices(row["unit_prices"])
    lines = () if unit_prices is None else explain(row, unit_prices)
    computed = None if unit_prices is None else float(total(lines))
    attributes = _attributes(told, key)
    step = {name: row[name] for name in _SHOWN}
    return step | {
        "numbers": _numbers(row, told, attributes),
        "counted": row["usage_role"] == "leaf",
        "rule": told["why"] if told else None,
        "basis": told["basis_why"] if told else None,
        "instead": told["instead"] if told else None,
        "lines": [_line(line, attributes) for line in lines],
        "computed_usd": computed,
        "agrees": _same(computed, row["cost_usd"]),
        "faults": [fault["fault"] for fault in faults if fault["span_id"] == row["span_id"]],
    }


def _unit_prices(text: str | None) -> dict[str, Decimal] | None:
    if text is None:
        return None
    prices = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return {str(name): Decimal(value) for name, value in prices.items()}


def _attributes(told: Mapping[str, Any] | None, key: Mapping[str, Any] | None) -> dict[str, str]:
    """Return column -> the attribute that gave it, of the span or of a log record of the same step."""
    own = json.loads(key["usage_keys"]) if key and key["usage_keys"] else {}
    known = {n["column"]: n["attribute"] for n in (told["numbers"] if told else ()) if n["attribute"]}
    return own | known


def _numbers(
    row: Mapping[str, Any], told: Mapping[str, Any] | None, attributes: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what the step reports: as sent where it is known so, else as counted."""
    sent = {number["column"]: number["value"] for number in (told["numbers"] if told else ())}
    more = {
        name: row[name]
        for name in row
        if name.endswith("_tokens") and name != "uncached_input_tokens" and row[name] is not None
    }
    return [
        {"column": name, "value": value, "attribute": attributes.get(name)}
        for name, value in (more | sent).items()
    ]


def _line(line: Line, attributes: Mapping[str, str]) -> dict[str, Any]:
    rule, columns = SOURCES[line.token_class]
    return {
        "class": line.token_class,
        "rule": rule,
        "attributes": [attributes[name] for name in columns if name in attributes],
        "amount": line.amount,
        "unit_price_usd": float(line.unit_price),
        "per": line.per,
        "cost_usd": float(line.cost),
        "arithmetic": line.arithmetic,
    }


def _same(computed: float | None, kept: float | None) -> bool:
    if computed is None or kept is None:
        return computed is kept
    return math.isclose(computed, kept, rel_tol=1e-12, abs_tol=1e-12)


def _sum(steps: Sequence[Mapping[str, Any]], name: str) -> float | None:
    known = [step[name] for step in steps if step[name] is not None]
    return math.fsum(known) if known else None
