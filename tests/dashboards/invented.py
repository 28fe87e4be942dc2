"""Runs no recording has: 20,000 and 50,000 spans, attacks in every field; asked like `Reports`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from spotlight.errors import NotFound
from spotlight.model import RUNS
from spotlight.reports import RunFilters, RunsSummary, Source
from spotlight.reports.noise import is_hidden
from spotlight.reports.questions import TIME_STEPS
from spotlight.reports.transcript import Transcript
from tests.dashboards.invented_sources import invented_keys, invented_sources
from tests.dashboards.invented_span import DAY_NS, HUGE, MARKUP, span_document
from tests.dashboards.invented_transcript import invented_transcript

BIG, HOSTILE, NOISY, OTHER, LONGEST = ("b" * 32, "e" * 32, "c" * 32, "d" * 32, "f" * 32)
LENGTHS = {BIG: 20_000, LONGEST: 50_000}
PACKS = ("support-pack", "sales-pack", "claims-pack")
MODELS = ("sonnet-4.5", "haiku-4.5", "gpt-5-mini")
TOOLS = ("crm.lookup", "search_orders", "get_refund_policy", "send_email", "kb.search")
NAMES = {"retrieval": "vector search top_k=8", "guardrail": "pii check", "decision": "need_tool"}
KINDS = ("agent", "llm", "tool", "retrieval", "guardrail", "decision", "handoff", "step")


def run_row(run_id: str, **known: Any) -> dict[str, Any]:
    """Return a row of the runs table; what is not given is unknown."""
    row: dict[str, Any] = dict.fromkeys(c.name for c in RUNS.columns)
    own = {"trace_id": run_id, "trace_ids": [run_id], "signals": "span", "is_agent_run": True}
    return row | {"tenant": "default", "run_id": run_id, "status": "ok"} | own | known


def some_runs(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Return runs over the last day, newest first; the first one failed, the second lacks its root."""
    rng = random.Random(seed)
    rows = []
    for i in range(count):
        failed, incomplete = i == 0 or rng.random() < 0.08, i == 1
        ms = rng.lognormvariate(9, 0.6)
        usage = None if rng.random() < 0.08 else int(rng.lognormvariate(9, 0.9))
        tools = rng.randint(0, 14)
        rows.append(
            run_row(
                f"{rng.getrandbits(128):032x}",
                name=rng.choice(("refund request", "order status", "quote", "chat")),
                session_id=f"s{rng.randint(1, 60):04d}",
                pack_name=rng.choice(PACKS),
                pack_version=rng.choice(("1.4.2", "1.5.0", "1.5.1")),
                agent_name=rng.choice(("refunds", "writer", "triage")),
                user_id=f"u{rng.randint(1, 200)}",
                service_name="shop",
                started_ns=DAY_NS + 86_400 * 10**9 - i * 420_000_000_000 - rng.randint(0, 10**11),
                duration_ms=ms,
                status="incomplete" if incomplete else "error" if failed else "ok",
                error_type="ToolError" if failed else None,
                error_message="timeout after 5 s (retry 2 of 2)" if failed else None,
                status_reason="the root has not arrived" if incomplete else None,
                spans=rng.randint(8, 90),
                generations=rng.randint(1, 20),
                tool_calls=tools,
                failed_tool_calls=min(tools, 1 if failed else 0),
                input_tokens=usage,
                output_tokens=None if usage is None else usage // 9,
                models=sorted(rng.sample(MODELS, rng.randint(1, 2))),
                missing_parents=3 if incomplete else 0,
                assembled_position=100 + i,
            )
        )
    return rows


COLUMNS = (
    *("id", "parent", "depth", "name", "kind", "model", "tool", "start", "dur", "err"),
    *("tin", "tout", "ttft", "role", "orphan", "log", "noise", "agent", "trace", "decision", "decider"),
)


class Building:
    """Columns of a run document while spans are added, depth first."""

    def __init__(self) -> None:
        self.cols: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        tables = ("name", "kind", "model", "tool", "agent", "trace", "decision", "decider")
        self.words: dict[str, list[str]] = {f"{name}s": [] for name in tables}

    def number(self, table: str, word: str | None) -> int:
        """Return the number of a word in its table, -1 for none."""
        if word is None:
            return -1
        words = self.words[table]
        if word not in words:
            words.append(word)
        return words.index(word)

    def add(self, parent: int, kind: str, name: str, start: float, dur: float | None, **more: Any) -> int:
        """Add one span below a row and return its row."""
        row = len(self.cols["id"])
        model = more.get("model")
        values = {
            "id": f"{row + 1:016x}",
            "parent": parent,
            "depth": 0 if parent < 0 else self.cols["depth"][parent] + 1,
            "name": self.number("names", name),
            "kind": self.number("kinds", kind),
            "model": self.number("models", model),
            "tool": self.number("tools", name if kind == "tool" else None),
            "start": round(start, 4),
            "dur": None if dur is None else round(dur, 4),
            "err": more.get("err", 0),
            "tin": more.get("tin"),
            "tout": more.get("tout"),
            "ttft": more.get("ttft"),
            "role": "leaf" if kind == "llm" else None,
            "orphan": more.get("orphan", 0),
            "log": more.get("log", 0),
            "noise": int(kind in ("other", "http")),
            "agent": self.number("agents", more.get("agent")),
            "trace": self.number("traces", "f" * 32),
            "decision": self.number("decisions", more.get("decision")),
            "decider": self.number("deciders", more.get("decider")),
        }
        for key, value in values.items():
            self.cols[key].append(value)
        return row

    def document(self, run: dict[str, Any], total_ms: float) -> dict[str, Any]:
        """Return the run document."""
        count = len(self.cols["id"])
        noisy = [err for noise, err in zip(self.cols["noise"], self.cols["err"], strict=True) if noise]
        noise = {"spans": len(noisy), "errors": sum(map(bool, noisy)), "hidden": is_hidden(len(noisy), count)}
        head = {"run": run, "count": count, "shown": count, "total_ms": total_ms, "noise": noise}
        return head | {"started_ns": str(run["started_ns"])} | self.words | {"cols": self.cols}


def invented_document(run: dict[str, Any], spans: int, seed: int = 3) -> dict[str, Any]:
    """Return a run of about `spans` spans: agents in turn, each with model calls, tools and the like."""
    rng = random.Random(seed)
    built = Building()
    root = built.add(-1, "agent", f"{run['pack_name']} · {run['name']}", 0, None)
    at, failures = 4.0, 0
    while len(built.cols["id"]) < spans:
        agent = built.add(root, rng.choice(("agent", "handoff")), rng.choice(("refunds", "writer")), at, 0)
        started = at
        for _ in range(rng.randint(4, 14)):
            kind = rng.choices(KINDS[1:6], (40, 35, 12, 4, 9))[0]
            dur = rng.lognormvariate(6, 0.8) if kind in ("llm", "tool") else rng.lognormvariate(3, 1)
            err = int(kind == "tool" and rng.random() < 0.06 and failures < 5)
            failures += err
            model = rng.choice(MODELS) if kind == "llm" else None
            tin = None if model is None or rng.random() < 0.1 else rng.randint(900, 9000)
            names = {"llm": f"chat {model}", "tool": rng.choice(TOOLS)} | NAMES
            name = "send_email" if err else names[kind]
            row = built.add(
                agent, kind, name, at, dur, model=model, tin=tin, err=(err and 1 + failures % 2),
                tout=None if tin is None else tin // 7, ttft=dur * 0.3 if model else None,
            )  # fmt: skip
            if kind == "tool" and rng.random() < 0.4:
                built.add(row, "retrieval", "vector search top_k=8", at + 1, dur / 2)
            at += dur + rng.lognormvariate(2, 1)
        built.cols["dur"][agent] = at - started
        at += rng.lognormvariate(4, 1)
    built.cols["dur"][root] = at
    return built.document(run | {"duration_ms": at}, at)


def noisy_document(run: dict[str, Any], inner: int = 100) -> dict[str, Any]:
    """Return a run of an agent and its sub-agent within a client's inner works, some of them failed."""
    built = Building()
    root = built.add(-1, "agent", "session_task", 0, 900, agent="writer")
    for at in range(inner):
        outer = built.add(root, "other", "submission_loop", at, 800 - at, err=int(at < 3))
        if at == inner // 2:
            built.add(outer, "llm", "handle_responses", at + 40, 60, model="gpt-5-mini", tin=10, tout=2)
        if at == inner // 2 + 1:
            said = {"decision": "approved", "decider": "config"}
            built.add(outer, "approval", "tool_decision", at + 5, None, log=1, **said)
    sub = built.add(root, "agent", "invoke", 850, 40, agent="refunds")
    built.add(sub, "handoff", "to the desk", 860, 0)
    return built.document(run, 900)


def hostile_document(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run whose names are attacks and whose shape is odd: no end, no parent, two roots."""
    built = Building()
    root = built.add(-1, "agent", MARKUP, 0, 900)
    built.add(root, "llm", MARKUP, 1, 50, model=MARKUP, tin=0, tout=None, ttft=400)
    built.add(root, "tool", HUGE, 60, None, err=2)
    built.add(-1, "step", "", 10, 0, orphan=1)
    deep = root = built.add(-1, "workflow", "deep", 0, 100)
    for _ in range(200):
        deep = built.add(deep, "step", "down", 0, 1)
    return built.document(run, 900)


class InventedRuns:
    """A source of invented runs that answers like `spotlight.reports.Reports`."""

    def __init__(self, count: int = 240, spans: int = 190) -> None:
        rows = some_runs(count)
        self.rows = [
            *rows,
            run_row(BIG, name="big", pack_name="support-pack", started_ns=DAY_NS, assembled_position=1),
            run_row(NOISY, name="noisy", pack_name="support-pack", started_ns=DAY_NS, assembled_position=1),
            run_row(OTHER, name="start-up", started_ns=DAY_NS, is_agent_run=False, assembled_position=1),
            run_row(
                HOSTILE, name=MARKUP, pack_name=MARKUP, pack_version=MARKUP, session_id=MARKUP,
                user_id=MARKUP, agent_name=MARKUP, error_message=HUGE + MARKUP, error_type=MARKUP,
                models=[MARKUP], status="error", started_ns=DAY_NS - 1, duration_ms=900.0,
                assembled_position=1, missing_parents=1,
            ),
        ]  # fmt: skip
        self.spans = spans if count else 0
        self.rows = self.rows if count else []
        self.version = 1
        self.documents: dict[str, dict[str, Any]] = {}

    def _matching(self, filters: RunFilters) -> list[dict[str, Any]]:
        same = {n: getattr(filters, n) for n in ("pack_name", "pack_version", "session_id", "user_id")}
        rows = [r for r in self.rows if r["is_agent_run"] is not filters.other]
        rows = [r for r in rows if all(v is None or r[n] == v for n, v in same.items())]
        rows = [r for r in rows if not filters.status or r["status"] in filters.status]
        if filters.query:
            rows = [r for r in rows if filters.query in f"{r['run_id']} {r['name']} {r['error_message']}"]
        rows = [r for r in rows if filters.since_ns is None or r["started_ns"] >= filters.since_ns]
        if filters.order == "failed_first":
            rows.sort(key=lambda r: r["status"] != "error")
        if filters.order == "slowest":
            rows.sort(key=lambda r: -(r["duration_ms"] or 0))
        return rows

    def runs(self, filters: RunFilters, limit: int = 200, offset: int = 0) -> pa.Table:
        """Return a page of the matching runs."""
        return pa.Table.from_pylist(self._matching(filters)[offset : offset + limit], RUNS.schema)

    def run_count(self, filters: RunFilters) -> int:
        """Return how many match."""
        return len(self._matching(filters))

    def run_facets(self, *, other: bool = False) -> dict[str, list[str]]:
        """Return the values to filter by."""
        names = ("pack_name", "pack_version", "status", "session_id")
        rows = self._matching(RunFilters(other=other))
        return {n: sorted({r[n] for r in rows if r[n]})[:50] for n in names}

    def runs_summary(self, filters: RunFilters) -> RunsSummary:
        """Return what the matching runs add up to."""
        rows = self._matching(filters)
        took = sorted(r["duration_ms"] for r in rows if r["duration_ms"])
        starts = [r["started_ns"] for r in rows]
        first = min(starts, default=0)
        width = max(max(starts, default=0) - first, 1)
        runs, failed = [0] * TIME_STEPS, [0] * TIME_STEPS
        for row in rows:
            step = min(TIME_STEPS - 1, (row["started_ns"] - first) * TIME_STEPS // width)
            runs[step] += 1
            failed[step] += row["status"] == "error"
        tokens_in = [r["input_tokens"] for r in rows if r["input_tokens"] is not None]
        tokens_out = [r["output_tokens"] for r in rows if r["output_tokens"] is not None]
        return RunsSummary(
            runs=len(rows),
            failed=sum(r["status"] == "error" for r in rows),
            incomplete=sum(r["status"] == "incomplete" for r in rows),
            input_tokens=sum(tokens_in) if tokens_in else None,
            output_tokens=sum(tokens_out) if tokens_out else None,
            cost_usd=None,
            priced_runs=0,
            unpriced_generations=0,
            runs_without_usage=len(rows) - len(tokens_in),
            generations_without_usage=0,
            p50_ms=took[len(took) // 2] if took else None,
            p95_ms=took[int(len(took) * 0.95)] if took else None,
            runs_over_time=runs,
            failed_over_time=failed,
        )

    def run(self, run_id: str) -> dict[str, Any]:
        """Return one run's row; the longest run is in no list."""
        if run_id == LONGEST:
            return run_row(LONGEST, name="longest", started_ns=DAY_NS, assembled_position=1)
        for row in self.rows:
            if row["run_id"] == run_id:
                return row
        raise NotFound(f"no run {run_id!r}", hint="list recent ones with `spotlight runs`")

    def noted_runs(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Return how many notes stand on each run: two on the one that attacks."""
        return {run_id: 2 for run_id in run_ids if run_id == HOSTILE}

    def run_scores(self, run_id: str) -> list[dict[str, Any]]:
        """Return the judgements of one run: one that attacks, of the run that does."""
        row: dict[str, Any] = dict.fromkeys(
            ("score_id", "target_type", "name", "value", "label", "explanation", "annotator", "evaluator"),
            MARKUP,
        )
        row |= {"value": 0.5, "span_id": None, "time_ns": DAY_NS}
        return [row] if run_id == HOSTILE else []

    def run_document(self, run_id: str) -> dict[str, Any]:
        """Return the structure of one run."""
        if run_id not in self.documents:
            run, spans = self.run(run_id), LENGTHS.get(run_id, self.spans)
            odd = {HOSTILE: hostile_document, NOISY: noisy_document}.get(run_id)
            self.documents[run_id] = odd(run) if odd else invented_document(run, spans)
        return self.documents[run_id]

    def transcript(self, run_id: str) -> Transcript:
        """Return what the steps of one run said."""
        return invented_transcript(run_id, self.run_document(run_id), hostile=run_id == HOSTILE)

    def span_document(self, run_id: str, span_id: str) -> dict[str, Any]:
        """Return everything about one span."""
        cols = self.run_document(run_id)["cols"]
        if span_id not in cols["id"]:
            raise NotFound(f"run {run_id!r} has no span {span_id!r}", hint="see them with `spotlight show`")
        row = cols["id"].index(span_id)
        kind = self.run_document(run_id)["kinds"][cols["kind"][row]]
        return span_document(span_id, kind, failed=bool(cols["err"][row]), hostile=run_id == HOSTILE)

    def span_content(self, run_id: str, span_id: str, column: str) -> str:
        """Return what a span carries, as sent."""
        found = (self.span_document(run_id, span_id)["payload"] or {}).get(column)
        if found is None:
            raise NotFound(f"span {span_id!r} carries no {column}")
        return str(found)

    def sources(self, since_ns: int | None = None, *, looked_into: bool = True) -> list[dict[str, Any]]:
        """Return the sources."""
        return invented_sources() if self.rows else []

    def source_keys(
        self, source: Source, since_ns: int | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """Return the keys of any of them."""
        return invented_keys()

    def data_version(self) -> int:
        """Return the number a test raises."""
        return self.version
