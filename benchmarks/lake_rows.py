"""A lake full of runs that were made up, written without any telemetry: the load of benchmarks on reading.

    python -m benchmarks.lake_rows --data D [--spans 500000] [--days 30] [--until 2026-06-30] [--content]

A month of 4 tenants, 5 packs of 7 versions (one of them bad), 5 models (one without a price) and 12 tools:
about 10 spans and 6 steps a run, some runs assembled twice, scores for a third. The same arguments give
the same rows. Compacted as the writer would have left it.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.fleet import NS_PER_DAY, hex_ids, named, numbers
from benchmarks.fleet_runs import Day, Runs, draw_runs
from benchmarks.fleet_steps import draw_steps
from benchmarks.fleet_tables import money, run_rows, run_status, step_rows
from spotlight.assembly import usage_rows
from spotlight.lake import Lake
from spotlight.lake.maintenance import maintain
from spotlight.model import DEFAULT_TENANT, PAYLOADS, RECEIPTS, SCORES, SOURCES, SPANS, Table

UNTIL: Final = dt.date(2026, 6, 30)
_SPANS_PER_RUN: Final = 11
_WEEK: Final = (1.15, 1.2, 1.2, 1.15, 1.0, 0.55, 0.5)  # runs of a day, Monday first
_ASSEMBLED_TWICE: Final = 0.08
_SCORES: Final = (("success", "code", 0.3), ("quality", "llm", 0.2), ("thumbs", "human", 0.05))
_QUESTION: Final = '[{{"role": "user", "content": "Where is order {n}? It was to come on Monday."}}]'
_ANSWER: Final = '[{{"role": "assistant", "content": "Order {n} left the warehouse and comes tomorrow."}}]'


def write_lake(
    folder: Path,
    spans: int,
    seed: int = 7,
    days: int = 30,
    until: dt.date = UNTIL,
    *,
    content: bool = False,
    at_once: bool = False,
) -> None:
    """Write a lake of about so many spans into `folder`, the last day of it `until`.

    With `content`, every model call and tool call of the last day carries messages. With `at_once`, all rows
    are held in memory and committed once: of 30,000 spans, 240 commits and the compaction take 15 s of 17.
    """
    lake = Lake(folder)
    gathered = _Gathered({})
    dates = [until - dt.timedelta(days - 1 - n) for n in range(days)]
    weights = np.array([_WEEK[date.weekday()] * (1 + 0.5 * n / days) for n, date in enumerate(dates)])
    counts = np.maximum(1, (spans / _SPANS_PER_RUN * weights / weights.sum()).astype(np.int64)).tolist()
    for place, (date, count) in enumerate(zip(dates, counts, strict=True)):
        random = np.random.default_rng([seed, place])
        day = Day(place, days, _start_ns(date))
        _write_day(gathered if at_once else lake, random, day, date, count, content and date == until)
    for name, parts in gathered.rows.items():
        lake.append(name, pa.concat_tables(parts))
    if not at_once:
        maintain(lake, min_files=2)


class _Gathered(NamedTuple):
    """Rows for the tables of a lake."""

    rows: dict[str, list[pa.Table]]

    def append(self, name: str, rows: pa.Table) -> None:
        self.rows.setdefault(name, []).append(rows)


def _write_day(
    lake: Lake | _Gathered, random: np.random.Generator, day: Day, date: dt.date, count: int, content: bool
) -> None:
    """Commit one day in two batches: some runs of the first one have a newer version in the second."""
    runs = draw_runs(random, day, count)
    steps = draw_steps(random, runs)
    paid = money(random, steps)
    told = step_rows(random, date, runs, steps, paid)
    rows = run_rows(random, date, runs, steps, paid, told)
    early = random.random(count) < 0.5
    twice = early & (random.random(count) < _ASSEMBLED_TWICE)
    before = day.start_ns + NS_PER_DAY // 2 + np.arange(count)  # versions grow with the time of assembly
    version = day.start_ns + NS_PER_DAY + np.arange(count)
    there = ~((steps.place == 0) & runs.incomplete[steps.run])  # the root of such a run has not arrived
    final = _with(rows, run_version=numbers(version), replaces=numbers(before, twice))
    first = _with(rows, run_version=numbers(before), status=_all("incomplete", count),
                  assembled_position=pc.subtract(rows.column("assembled_position"), 1))  # fmt: skip
    told_final = _with(told, run_version=numbers(version[steps.run]))
    told_first = _with(told, run_version=numbers(before[steps.run]))
    half = early & ~twice
    begun = twice[steps.run] & (steps.place % 3 < 2) & there
    lake.append("runs", _concat(_kept(final, half), _kept(first, twice)))
    _append_steps(lake, _concat(_kept(told_final, half[steps.run] & there), _kept(told_first, begun)))
    lake.append("runs", _kept(final, ~half))
    _append_steps(lake, _kept(told_final, ~half[steps.run] & there))
    for batch in (half, ~half):
        lake.append("spans", span_rows(random, _kept(told, batch[steps.run] & there)))
    lake.append("scores", score_rows(random, date, runs, rows))
    if content:
        lake.append("payloads", payload_rows(random, _kept(told, there)))
    for table in (RECEIPTS, SOURCES):
        lake.append(table.name, _counts(table, date, day, count * _SPANS_PER_RUN))


def _append_steps(lake: Lake | _Gathered, told: pa.Table) -> None:
    """Commit steps and their sums, as the writer does."""
    together = told.sort_by([("run_version", "ascending"), ("step", "ascending")])
    lake.append("run_usage", usage_rows(together))
    lake.append("steps", told)


def span_rows(random: np.random.Generator, told: pa.Table) -> pa.Table:
    """Return the spans that the steps were made from, and those below them that are no steps."""
    shared = [name for name in SPANS.schema.names if name in told.column_names]
    count = told.num_rows
    own = {name: told.column(name) for name in shared} | {
        "response_model": told.column("model"),
        "usage_basis": _all("inclusive", count),
    }
    steps = _filled(SPANS, own | _arrival(told) | {"attributes": _all("{}", count)}, count)
    below = told.filter(pc.equal(told.column("is_generation"), True))
    more = told.filter(pc.equal(told.column("is_tool_call"), True))
    return _concat(steps, _concat(_below(random, below, "http"), _below(random, more, "other")))


def _below(random: np.random.Generator, above: pa.Table, kind: str) -> pa.Table:
    count = above.num_rows
    kept = ("tenant", "date", "trace_id", "signal", "dialect", "started_ns", "ended_ns", "duration_ms",
            "service_name", "environment")  # fmt: skip
    columns = {name: above.column(name) for name in kept} | {
        "span_id": hex_ids(random, count, 16),
        "parent_span_id": above.column("span_id"),
        "name": _all("POST", count) if kind == "http" else _all("work", count),
        "kind": _all(kind, count),
        "status": _all("unset", count),
        "attributes": _all('{"url.full": "https://api.example.com/v1"}', count),
    }
    return _filled(SPANS, columns | _arrival(above), count)


def _arrival(told: pa.Table) -> dict[str, pa.Array]:
    return {
        "received_ns": pc.coalesce(told.column("ended_ns"), told.column("started_ns")),
        "journal_position": pc.divide(told.column("started_ns"), 1_000),
        "resource": _all('{"service.version": "1.0"}', told.num_rows),
    }


def payload_rows(random: np.random.Generator, told: pa.Table) -> pa.Table:
    """Return the content of model calls and tool calls."""
    wanted = pc.or_(told.column("is_generation"), told.column("is_tool_call"))
    told = told.filter(wanted)
    count = told.num_rows
    shown = random.integers(1, 999, count)
    numbered = [str(n) for n in range(1_000)]
    is_call = told.column("is_generation").combine_chunks().to_numpy(zero_copy_only=False)
    columns = {n: told.column(n) for n in ("tenant", "date", "trace_id", "span_id", "dialect", "started_ns")}
    columns |= _arrival(told) | {
        "input_messages": named([_QUESTION.format(n=n) for n in numbered], shown, is_call),
        "output_messages": named([_ANSWER.format(n=n) for n in numbered], shown, is_call),
        "tool_arguments": named([f'{{"order": {n}}}' for n in numbered], shown, ~is_call),
        "tool_result": named([f'{{"state": "sent", "order": {n}}}' for n in numbered], shown, ~is_call),
    }
    return _filled(PAYLOADS, columns, count)


def score_rows(random: np.random.Generator, date: dt.date, runs: Runs, rows: pa.Table) -> pa.Table:
    """Return judgements of some runs: success (0 or 1), quality (0 to 1) and thumbs (-1 or 1)."""
    count = len(runs.run_id)
    well = (run_status(runs) == 0) & (random.random(count) > np.where(runs.is_bad, 0.3, 0.08))
    quality = np.clip(random.normal(np.where(well, 0.82, 0.45), 0.12), 0, 1)
    values = {"success": well.astype(float), "quality": quality, "thumbs": np.where(well, 1.0, -1.0)}
    parts = []
    for name, annotator, share in _SCORES:
        chosen = random.random(count) < share
        of = rows.filter(pa.array(chosen))
        size = of.num_rows
        columns = {
            "tenant": of.column("tenant"), "date": of.column("date"), "score_id": hex_ids(random, size, 32),
            "target_type": _all("run", size), "trace_id": of.column("run_id"), "name": _all(name, size),
            "value": numbers(values[name][chosen]), "annotator": _all(annotator, size),
            "evaluator": _all(f"{name}-check", size, annotator != "human"),
            "label": named(("down", "up"), (values[name][chosen] > 0).astype(int),
                           np.full(size, name == "thumbs")),
            "time_ns": of.column("ended_ns"), "source": _all("log", size),
            "service_name": of.column("service_name"),
        }  # fmt: skip
        parts.append(_filled(SCORES, columns | _arrival(of), size))
    return pa.concat_tables(parts)


def _counts(table: Table, date: dt.date, day: Day, spans: int) -> pa.Table:
    """Return one row that says how many spans came in that day."""
    columns = {"tenant": DEFAULT_TENANT, "date": date, "received_ns": day.start_ns + NS_PER_DAY - 1,
               "journal_position": day.start_ns // 1_000, "signal": "traces", "outcome": "accepted",
               "service_name": "fleet", "scope_name": "fleet", "dialect": "otel_genai",
               "requests": spans // 512 + 1, "items": spans, "bytes": spans * 1_200, "attributes": 18 * spans,
               "mapped_attributes": 16 * spans, "dropped_attributes": 0, "truncated_values": 0,
               "bad_json": 0, "resent": 0, "replaced": 0}  # fmt: skip
    return _filled(table, {f.name: pa.array([columns[f.name]]) for f in table.schema if f.name in columns}, 1)


def _filled(table: Table, columns: dict[str, pa.Array], count: int) -> pa.Table:
    """Return rows of a table; columns that were not given, or are not its own, are NULL or left out."""
    whole = {f.name: columns.get(f.name, pa.nulls(count, f.type)) for f in table.schema}
    return pa.table(whole).cast(table.schema)


def _all(text: str, count: int, is_known: bool = True) -> pa.Array:
    return pa.repeat(pa.scalar(text if is_known else None, pa.string()), count)


def _kept(rows: pa.Table, mask: np.ndarray) -> pa.Table:
    return rows.filter(pa.array(mask))


def _concat(one: pa.Table, other: pa.Table) -> pa.Table:
    return pa.concat_tables([one, other])


def _with(rows: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
    return rows


def _start_ns(date: dt.date) -> int:
    return int(dt.datetime.combine(date, dt.time(), dt.UTC).timestamp()) * 1_000_000_000


def main() -> None:
    """Write the lake of a data folder."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True, help="data folder; must not hold a lake")
    options.add_argument("--spans", type=int, default=500_000)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--until", type=dt.date.fromisoformat, default=UNTIL, help="last day")
    options.add_argument("--content", action="store_true", help="messages for the last day")
    chosen = options.parse_args()
    if (chosen.data / "lake").exists():
        raise SystemExit(f"{chosen.data} holds a lake already: name another folder")
    write_lake(
        chosen.data / "lake", chosen.spans, chosen.seed, chosen.days, chosen.until, content=chosen.content
    )


if __name__ == "__main__":
    main()
