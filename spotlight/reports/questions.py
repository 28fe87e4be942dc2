"""The questions that can be asked of a lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import pyarrow as pa

from spotlight.assembly import Assembly, assemble
from spotlight.assembly.membership import thread_dialects
from spotlight.errors import NotFound, SpotlightError
from spotlight.exact_json import plain_row
from spotlight.lake import Connection, Reader, Scope, TableSize, sql_text
from spotlight.model import DEFAULT_TENANT
from spotlight.reports import span_document as span_documents
from spotlight.reports.filters import ORDERS, RunFilters
from spotlight.reports.find.found import FoundRuns, search_of
from spotlight.reports.opening_step import call_signs_params
from spotlight.reports.run_document import only_run, run_document
from spotlight.reports.sources import Source, described_sources
from spotlight.reports.transcript import Transcript
from spotlight.reports.transcript_content import Contents
from spotlight.reports.transcript_content import Key as StepKey
from spotlight.reports.transcript_reading import read_transcript, step_keys
from spotlight.reports.usage_account import usage_account
from spotlight.reports.zone import UTC, zone

# Equal steps into which a summary divides the time that its runs span.
TIME_STEPS: Final = 24
# Macros of the questions, in the order in which they build on each other.
MACROS: Final = (
    "given", "local_time", "dimension", "run_dimension", "run_time", "dollars", "percentiles", "run_fits",
    "asked_runs", "asked_steps", "said",
    "matching_runs", "matching_steps", "summing", "used_dimension", "is_whole", "asked_usage",
    "matching_usage", "step_costs", "summed_costs", "cost_parts", "paid_calls", "wasted_steps", "judgements",
    "passes",
)  # fmt: skip

# What stands instead of two of them where a search has found the runs.
ONLY_ASKED: Final = ("only_asked_runs", "only_asked_steps")


class RunsSummary(NamedTuple):
    """What some runs add up to; None is unknown."""

    runs: int
    failed: int
    incomplete: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    priced_runs: int
    unpriced_generations: int
    runs_without_usage: int
    generations_without_usage: int
    p50_ms: float | None
    p95_ms: float | None
    runs_over_time: list[int]
    failed_over_time: list[int]


def question(name: str) -> str:
    """Return the SQL text of one question."""
    return sql_text("spotlight.reports", name)


class Reports:
    """Answers about one tenant's part of a lake. Serves many threads.

    `run_budget_usd` is what one run may cost at list price; None: nobody set a limit.
    """

    def __init__(self, lake: Path, scope: Scope, run_budget_usd: float | None = None) -> None:
        self.run_budget_usd = run_budget_usd
        self._told: tuple[object, dict[str, list[StepKey]]] = (None, {})
        self._reader = Reader(lake, scope, macros=tuple(question(name) for name in MACROS))
        self._found = FoundRuns(self._reader)

    def runs(self, filters: RunFilters, limit: int = 200, offset: int = 0) -> pa.Table:
        """Return a page of the matching runs with the columns of the runs table.

        Raises: SpotlightError for an order that does not exist.
        """
        if filters.order not in ORDERS:
            raise SpotlightError(f"no such order: {filters.order!r}", hint=f"one of {', '.join(ORDERS)}")
        page = {"order": filters.order, "limit": limit, "offset": offset}
        return self.ask("run_list", filters.params() | page)

    def runs_summary(self, filters: RunFilters) -> RunsSummary:
        """Return what the matching runs add up to, whole and over time."""
        totals = self.ask("run_summary", filters.params()).to_pylist()[0]
        runs, failed = [0] * TIME_STEPS, [0] * TIME_STEPS
        for row in self.ask("runs_over_time", filters.params() | {"steps": TIME_STEPS}).to_pylist():
            runs[row["step"]], failed[row["step"]] = row["runs"], row["failed"]
        return RunsSummary(**totals, runs_over_time=runs, failed_over_time=failed)

    def run_count(self, filters: RunFilters) -> int:
        """Return how many runs match."""
        return int(self.ask("run_summary", filters.params()).column("runs")[0].as_py())

    def run_facets(self, per_facet: int = 50, *, other: bool = False) -> dict[str, list[str]]:
        """Return the values that runs can be filtered by, most frequent (sessions: newest) first.

        With `other`, those of the traces in which no agent was at work.
        """
        facets: dict[str, list[str]] = {}
        for row in self.ask("run_facets", {"per_facet": per_facet, "other": other}).to_pylist():
            facets.setdefault(row["facet"], []).append(row["value"])
        return facets

    def packs(self, pack: str | None = None, limit: int = 1000) -> pa.Table:
        """Return the versions of all packs, or of one, with what ran under them, the newest first."""
        return self.ask("packs", {"pack": pack, "limit": limit})

    def run(self, run_id: str) -> dict[str, object]:
        """Return one run's row; the beginning of an id is enough where it is the only such run.

        Raises: NotFound, also where several runs begin so.
        """
        found = self.ask("run", {"run_id": run_id}).to_pylist() if run_id else []
        if not found:
            raise NotFound(f"no run {run_id!r}", hint="list recent ones with `spotlight runs`")
        if len(found) > 1 and found[0]["run_id"] != run_id:
            both = " and ".join(str(r["run_id"]) for r in found)
            raise NotFound(f"run {run_id!r} is ambiguous: {both} begin so", hint="give more of the id")
        run: dict[str, object] = found[0]
        return run

    def noted_runs(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Return how many notes stand on each of some runs and its steps; runs without any are left out."""
        found = self.ask("noted_runs", {"runs": list(run_ids)}).to_pylist()
        return {row["run_id"]: row["notes"] for row in found}

    def run_document(self, run_id: str) -> dict[str, object]:
        """Return a run with the structure of its spans, columnar: see `run_document.run_document`."""
        run = self.run(run_id)
        calls = self.ask("call_signs", call_signs_params(cast("list[str]", run["trace_ids"])))
        return run_document(run, self._run_spans(run), self.prices(run), calls, self.run_budget_usd)

    def prices(self, run: Mapping[str, object]) -> dict[str, float | None]:
        """Return what the steps of a run, given by its row, cost at list price, USD, by span id."""
        priced = self.ask("run_prices", {"run_id": run["run_id"], "date": run["date"]})
        return dict(zip(*(priced.column(name).to_pylist() for name in ("span_id", "cost_usd")), strict=True))

    def span_content(self, run_id: str, span_id: str, column: str) -> str:
        """Return one of a span's content columns (`span_document.CONTENT`) as sent. Raises: NotFound."""
        run = self.run(run_id)
        rows = self.ask("span", {"traces": run["trace_ids"], "span_id": span_id}).to_pylist()
        found = rows[0][column] if rows and column in span_documents.CONTENT else None
        if found is None:
            raise NotFound(f"span {span_id!r} carries no {column}", hint="see it with `spotlight show RUN`")
        return str(found)

    def span_document(self, run_id: str, span_id: str) -> dict[str, object]:
        """Return everything about one span: see `span_document.span_document`. Raises: NotFound.

        What log records, or spans of another instrumentation, say of the same step is part of it.
        """
        run = self.run(run_id)
        key = {"traces": run["trace_ids"], "span_id": span_id}
        rows = self.ask("span", key).to_pylist()
        if not rows:
            raise NotFound(
                f"run {run_id!r} has no span {span_id!r}", hint="see them with `spotlight show RUN`"
            )
        twins = self._twins(run, rows[0])
        place = {"trace_id": rows[0]["trace_id"], "span_id": span_id}
        logs = self.ask("span_logs", place).to_pylist()
        told = [row for row in (rows[0], *twins) if row["signal"] == "log"]
        records = [record for row in told for record in self._records(row)]
        filled = span_documents.filled(rows[0], twins)
        return span_documents.span_document(filled, logs, records)

    def _records(self, row: Mapping[str, object]) -> list[dict[str, object]]:
        """Return the log records that a row was made from."""
        key = {"journal_position": row["journal_position"], "time_ns": row["ended_ns"], "event": row["name"]}
        return span_documents.records_of(row, self.ask("step_records", key).to_pylist())

    def _twins(self, run: Mapping[str, object], row: Mapping[str, Any]) -> list[dict[str, object]]:
        """Return the other rows that tell of a span's step: of log records, or where content is missing."""
        if "log" not in str(run["signals"]) and not span_documents.lacks_content(row):
            return []
        told = self.tellings(run).get(row["span_id"], ())
        keys = [{"traces": [trace], "span_id": span} for trace, span in told]
        return [row for key in keys for row in self.ask("span", key).to_pylist()]

    def tellings(self, run: Mapping[str, object]) -> dict[str, list[StepKey]]:
        """Return, by span id, the other rows (trace id, span id) that carry content of a span's step.

        Kept for the run asked last: that takes all of its spans, and a reader selects one after the other.
        """
        state = (run["run_id"], run["assembled_position"], self.data_version())
        known, told = self._told
        if known != state:
            keys = step_keys(self.assembled(run))
            told = {own[1]: others for own, *others in keys if others}
            self._told = (state, told)
        return told

    def run_payloads(self, run_id: str) -> dict[str, dict[str, str | None]]:
        """Return what each span of a run carried, by span id."""
        run = self.run(run_id)
        rows = self.ask("run_payloads", {"traces": run["trace_ids"]}).to_pylist()
        return {row.pop("span_id"): row for row in rows if row.pop("trace_id")}

    def transcript(self, run_id: str) -> Transcript:
        """Return what every step of a run said, each message once: see `transcript`. Raises: NotFound."""
        return self.transcripts([self.run(run_id)])[0]

    def transcripts(self, runs: Sequence[Mapping[str, object]]) -> list[Transcript]:
        """Return the transcripts of runs, given by their rows, in that order; the lake is read once."""
        if not runs:
            return []
        found = assemble(self._run_spans(*runs))
        traces = {"traces": _traces_of(runs)}
        contents = Contents(
            self.ask("run_contents", traces).to_pylist(), self.ask("run_message_logs", traces).to_pylist()
        )
        ids = [str(run["run_id"]) for run in runs]
        return [read_transcript(run_id, only_run(found, run_id), contents) for run_id in ids]

    def usage_account(self, run_id: str) -> dict[str, object]:
        """Return every number of a run's usage and whether it counts: see `usage_account.usage_account`."""
        run = self.run(run_id)
        found = self.assembled(run)
        own = set(zip(*(found.spans.column(c).to_pylist() for c in ("trace_id", "span_id")), strict=True))
        own |= {(row["trace_id"], row["span_id"]) for row in found.told.to_pylist()}
        sent = self.ask("usage_sources", {"traces": run["trace_ids"]})
        ids = zip(*(sent.column(c).to_pylist() for c in ("trace_id", "span_id")), strict=True)
        mine = sent.filter(pa.array([key in own for key in ids], pa.bool_()))
        return {"run_id": run["run_id"]} | usage_account(found, mine)

    def assembled(self, run: Mapping[str, object]) -> Assembly:
        """Return a run, given by its row, as its spans make it."""
        return only_run(assemble(self._run_spans(run)), str(run["run_id"]))

    def _run_spans(self, *runs: Mapping[str, object]) -> pa.Table:
        """Return the spans of some runs, and those of runs that share a trace: they tell them apart."""
        traces = _traces_of(runs)
        shared = any(_shares_traces(run) for run in runs)
        found: list[str] = []
        while shared and len(found) < len(traces):
            found = traces
            traces = self.ask("related_traces", {"traces": found}).column("trace_id").to_pylist()
        return self.ask("run_spans", {"traces": traces})

    def run_scores(self, run_id: str) -> list[dict[str, Any]]:
        """Return the judgements of a run, its spans and its session, the earliest first."""
        run = self.run(run_id)
        traces = run.get("trace_ids") or [run["trace_id"]]
        rows = self.ask("run_scores", {"traces": traces, "session_id": run["session_id"]}).to_pylist()
        return [plain_row(row) for row in rows]

    def ingest_totals(self) -> list[dict[str, object]]:
        """Return what came in and what became of it, a row per (signal, outcome, reason)."""
        rows: list[dict[str, object]] = self.ask("ingest_totals", {}).to_pylist()
        return rows

    def metric_usage(self) -> list[dict[str, object]]:
        """Return tokens and cost that only metrics tell, a row per (service, session, model)."""
        rows: list[dict[str, object]] = self.ask("metric_usage", {}).to_pylist()
        return rows

    def sources(self, since_ns: int | None = None, *, looked_into: bool = True) -> list[dict[str, Any]]:
        """Return every source (service, scope, signal) with its counts and hints: see `sources`.

        `since_ns` leaves out what came in earlier. Unless they are looked into, only what was counted as
        it came in is told, at once; what spans and runs say takes time.
        """
        since = {"since_ns": since_ns}
        more = ("source_sessions", "source_steps", "source_runs") if looked_into else ()
        tables = [self.ask(name, since).to_pylist() for name in ("source_list", *more)]
        return described_sources(tables[0], tables[1:])

    def source_keys(
        self, source: Source, since_ns: int | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """Return the attribute keys of a source, the unmapped first, then by frequency."""
        wanted = source._asdict() | {"since_ns": since_ns, "limit": limit}
        rows: list[dict[str, Any]] = self.ask("source_keys_of", wanted).to_pylist()
        return rows

    def lake_size(self) -> dict[str, TableSize]:
        """Return rows, files and bytes of every table."""
        return self._reader.sizes()

    def data_version(self) -> int:
        """Return a number that changes whenever anything new can be seen."""
        return self._reader.version()

    def rows(self, table: str) -> int:
        """Return how many rows a table has, replaced versions included."""
        return self._reader.rows(table)

    def user_query(self, sql: str, limit: int) -> pa.Table:
        """Return at most `limit` rows of a select that a user typed; see `Reader.user_query`."""
        return self._reader.user_query(sql, limit=limit)

    def connection(self) -> Connection:
        """Return a DuckDB connection with every view; see `Reader.snapshot`. The caller closes it."""
        return self._reader.snapshot()

    def ask(self, name: str, params: Mapping[str, object]) -> pa.Table:
        """Return the answer to one question: `name` is a file of `sql/`, without its ending."""
        return self.answer(question(name), params)

    def ask_instead(
        self, name: str, params: Mapping[str, object], instead: Sequence[str], runs: pa.Table
    ) -> pa.Table:
        """Return the answer to a question for which other definitions, files of `sql/`, stand.

        `found_runs` in them are `runs`. The filters hold no search.
        """
        _, given = search_of(params)
        around = (*_in_zone(zone().key), *map(question, instead))
        return self._reader.query(question(name), given, {"found_runs": runs}, around)

    def answer(self, sql: str, params: Mapping[str, object]) -> pa.Table:
        """Return the answer to a question of our own that stands in no file: `find` writes them."""
        search, given = search_of(params)
        around = _in_zone(zone().key)
        if search is None:
            return self._reader.query(sql, given, None, around)
        found = {"found_runs": self._found.of(search)}
        return self._reader.query(sql, given, found, (*around, *map(question, ONLY_ASKED)))


def _in_zone(name: str) -> tuple[str, ...]:
    """Return what makes a question count days and hours in a zone of that name: nothing for UTC."""
    return () if name == UTC else (f"set TimeZone = '{name}'", question("zone_time"))


def _traces_of(runs: Sequence[Mapping[str, object]]) -> list[str]:
    return sorted({trace for run in runs for trace in cast("list[str]", run["trace_ids"])})


def _shares_traces(run: Mapping[str, object]) -> bool:
    """Return whether spans of a run's traces may belong to other runs."""
    cut = not set(str(run["dialects"]).split(",")).isdisjoint(thread_dialects())
    return cut or len(cast("list[str]", run["trace_ids"])) > 1 or "-" in str(run["run_id"])


def open_lake(data: Path, tenant: str = DEFAULT_TENANT, run_budget_usd: float | None = None) -> Reports:
    """Return the questions one tenant can ask of the lake in a data folder."""
    return Reports(data / "lake", Scope(tenant), run_budget_usd)
