"""How fast questions about runs are answered, small and large lake beside each other, and pages painted.

    python -m benchmarks.queries --folder F [--spans 500000 --spans 5000000] [--pages] [--only WORD] [--json]

Makes the lakes in F where they are missing (see lake_rows). Every question is asked as pages and commands
ask it, of the whole month and warm, and stands beside a baseline of the same run: plain SQL over the
stored rows that reads the same columns and knows nothing of versions, prices or filters. ms are the best
of some tries, since a shared machine only ever adds to them; "cpu ms" counts both cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.ingest import print_table
from benchmarks.lake_rows import UNTIL, write_lake
from benchmarks.pages import paints
from spotlight.lake import Reader, Scope
from spotlight.reports import Reports, RunFilters, open_lake
from spotlight.reports.cost import cost_by
from spotlight.reports.latency import latency
from spotlight.reports.latency_heatmap import heatmap
from spotlight.reports.overview import health
from spotlight.reports.quality import quality
from spotlight.reports.reliability import failure_signatures, reliability
from spotlight.reports.sessions import sessions
from spotlight.reports.versions import versions

TRIES: Final = 5
ALL: Final = RunFilters()
LINES: Final = ("completion", "first_token")
LIST_MS: Final = 100
REPORT_MS: Final = 150
PAINT_MS: Final = 1500


class Question(NamedTuple):
    """One question: how it is asked, plain SQL that reads as much, and what it may take at the large size."""

    name: str
    ask: Callable[[Reports, str], object]
    baseline: str
    budget_ms: float | None = None


class Took(NamedTuple):
    """What one question took on one lake, beside its baseline."""

    name: str
    spans: int
    ms: float
    cpu_ms: float
    baseline_ms: float
    budget_ms: float | None


def _listed(order: str, **narrowed: Any) -> Callable[[Reports, str], object]:
    return lambda reports, _run: reports.runs(ALL._replace(order=order, **narrowed), limit=50)


def _asks(report: Callable[..., object], *args: object) -> Callable[[Reports, str], object]:
    return lambda reports, _run: report(reports, ALL, *args)


QUESTIONS: Final = (
    Question("run list, newest", _listed("newest"),
             "select * from stored_runs order by started_ns desc limit 50", LIST_MS),
    Question("run list, failed first", _listed("failed_first"),
             "select * from stored_runs order by status <> 'error', started_ns desc limit 50", LIST_MS),
    Question("run list, most expensive", _listed("most_expensive"),
             "select * from stored_runs order by cost_usd desc limit 50"),
    Question("run list, failed only", _listed("newest", status=("error",)),
             "select * from stored_runs where status = 'error' order by started_ns desc limit 50", LIST_MS),
    Question("run list, search", _listed("newest", query="order_123"),
             "select run_id from stored_runs where contains(lower(concat_ws(' ', run_id, name, session_id, "
             "user_id, agent_name, pack_name, error_type, error_message)), 'order_123')"),
    Question("run list, figures above it", lambda reports, _run: reports.runs_summary(ALL),
             "select count(*), sum(input_tokens), quantile_cont(duration_ms, 0.5) from stored_runs"),
    Question("cost by pack, model, tenant", _asks(cost_by, ("pack", "model", "tenant")),
             "select pack_name, model, tenant_claimed, sum(cost_usd), sum(input_tokens), "
             "count(distinct run_version) from stored_steps group by all", REPORT_MS),
    Question("cost by day, feature, tool", _asks(cost_by, ("day", "feature", "tool")),
             "select date, feature, tool_name, sum(cost_usd), sum(input_tokens), "
             "count(distinct run_version) from stored_steps group by all", REPORT_MS),
    Question("cost by model, tool, agent", _asks(cost_by, ("model", "tool", "agent")),
             "select model, tool_name, agent_name, sum(cost_usd), sum(input_tokens), "
             "count(distinct run_version) from stored_steps group by all", REPORT_MS),
    Question("hourly percentiles of runs", _asks(latency, ("hour",), ("completion",)),
             "select started_ns // 3600000000000, quantile_cont(duration_ms, [0.5, 0.9, 0.95, 0.99]) "
             "from stored_runs group by all", REPORT_MS),
    Question("percentiles by version, hour", _asks(latency, ("version", "hour"), LINES),
             "select pack_version, started_ns // 3600000000000, "
             "quantile_cont(duration_ms, [0.5, 0.9, 0.95]), "
             "quantile_cont(ttft_ms, [0.5, 0.9, 0.95]) from stored_runs group by all", REPORT_MS),
    Question("latency heatmap", _asks(heatmap),
             "select started_ns // 43200000000000, floor(ln(duration_ms)), count(*) "
             "from stored_runs group by all"),
    Question("overview summary", _asks(health),
             "select count(*), sum(cost_usd), quantile_cont(duration_ms, 0.5), quantile_cont(ttft_ms, 0.5) "
             "from stored_runs"),
    Question("failure signatures", _asks(failure_signatures),
             "select error_signature, error_step, error_type, count(*) from stored_runs group by all"),
    Question("reliability", _asks(reliability),
             "select kind, tool_name, count(*), count(*) filter (failed) from stored_steps group by all"),
    Question("quality", _asks(quality),
             "select name, avg(value), count(*) from stored_scores group by all"),
    Question("versions", _asks(versions),
             "select pack_name, pack_version, count(*), sum(cost_usd), quantile_cont(duration_ms, 0.95) "
             "from stored_runs group by all"),
    Question("sessions, newest", _asks(sessions),
             "select session_id, count(*), sum(cost_usd), max(started_ns) as last_ns from stored_runs "
             "group by all order by last_ns desc limit 50"),
    Question("waste by what was used",
             lambda reports, _run: reports.ask(
                 "waste_causes", ALL.params() | {"quiet_before_ns": 0, "run_limit": 20}),
             "select run_id, kind, tool_name, sum(cost_usd), sum(input_tokens) "
             "from stored_steps group by all"),
    Question("one run", lambda reports, run: reports.run(run),
             "select * from stored_runs where run_id = $run"),
    Question("one run with its spans", lambda reports, run: reports.run_document(run),
             "select * from stored_spans where trace_id = $run"),
)  # fmt: skip


def best(work: Callable[[], object]) -> tuple[float, float]:
    """Return the least time and the least processor time that some tries took, ms."""
    walls, cpus = [], []
    for _ in range(TRIES):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((time.process_time() - cpu) * 1e3)
    return min(walls), min(cpus)


def measured(data: Path, spans: int, only: str) -> list[Took]:
    """Return what every question took on one lake."""
    reports, plain = open_lake(data), Reader(data / "lake", Scope())
    some = reports.runs(ALL, limit=1, offset=reports.run_count(ALL) // 3).column("run_id")[0].as_py()
    found = []
    for question in QUESTIONS:
        if only not in question.name:
            continue
        params = {"run": some} if "$run" in question.baseline else {}
        wall, cpu = best(lambda q=question: q.ask(reports, some))  # type: ignore[misc]
        baseline, _ = best(lambda q=question, p=params: plain.query(q.baseline, p))  # type: ignore[misc]
        print(f"{spans:,} spans: {question.name} {wall:,.0f} ms", file=sys.stderr)
        found.append(Took(question.name, spans, wall, cpu, baseline, question.budget_ms))
    return found


def lakes(folder: Path, sizes: Iterable[int]) -> dict[int, Path]:
    """Return the data folders of the lakes, made where they are missing."""
    found = {}
    for spans in sizes:
        found[spans] = folder / f"{spans}"
        if not (found[spans] / "lake").exists():
            write_lake(found[spans] / "lake", spans, until=UNTIL, content=True)
    return found


def grown(found: list[Took]) -> list[tuple[object, ...]]:
    """Return a row per question: every lake's times, and how much more the largest took than the smallest."""
    rows: list[tuple[object, ...]] = []
    for name in dict.fromkeys(took.name for took in found):
        of = [took for took in found if took.name == name]
        last = of[-1]
        budget = "-" if last.budget_ms is None else "met" if last.ms <= last.budget_ms else "missed"
        ratios = last.ms / last.baseline_ms, last.ms / of[0].ms
        times = (*(took.ms for took in of), last.cpu_ms, last.baseline_ms)
        rows.append((f"{name:32}", *times, *ratios, last.budget_ms or "-", budget))
    return rows


def main() -> None:
    """Run the benchmark and print its tables."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True, help="where the lakes are, or shall be")
    options.add_argument("--spans", type=int, action="append", help="default: 500000 and 5000000")
    options.add_argument("--only", default="", help="questions whose name contains this")
    options.add_argument("--pages", action="store_true", help="paint every page of the largest lake, too")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    folders = lakes(chosen.folder, sorted(chosen.spans or [500_000, 5_000_000]))
    found = [took for spans, data in folders.items() for took in measured(data, spans, chosen.only)]
    painted = paints(list(folders.values())[-1]) if chosen.pages else []
    if chosen.json:
        print(
            json.dumps({"questions": [t._asdict() for t in found], "pages": [p._asdict() for p in painted]})
        )
        return
    sizes = ", ".join(f"{spans / 1e6:g} M ms" for spans in folders)
    print_table(
        f"{'question':32}, {sizes}, cpu ms, baseline ms, ratio, growth, budget ms, budget", grown(found)
    )
    if painted:
        print()
        budgets = (
            (f"{page.page:32}", *page[1:], "met" if page.figure_ms <= PAINT_MS else "missed")
            for page in painted
        )
        print_table(f"{'page':32}, first figure ms, all drawn ms, budget", budgets)


if __name__ == "__main__":
    main()
