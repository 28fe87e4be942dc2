"""Lakes that pages of figures are tested on: a month of made-up runs, and one of hostile names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.lake_rows import write_lake
from spotlight.reports import Reports, open_lake
from tests.dashboards.invented_span import MARKUP
from tests.made_lake import HOUR, Row, made_lake, run, score, step
from tests.rows import START

SPANS: Final = 30_000
# The last week of the made-up month, and what precedes it, as an address says it.
WEEK: Final = "since=2026-06-24T00:00:00Z&until=2026-07-01T00:00:00Z"


def fleet(data: Path) -> Reports:
    """Return the questions to a month of made-up runs."""
    write_lake(data / "lake", SPANS, at_once=True)
    return open_lake(data)


def hostile(data: Path) -> Reports:
    """Return the questions to runs of two days in which every text is an attack; the later day failed."""
    named = {
        "session_id": MARKUP, "user_id": MARKUP, "tenant_claimed": MARKUP, "environment": MARKUP,
        "agent_name": MARKUP, "pack_name": MARKUP, "feature": MARKUP, "surface": MARKUP,
    }  # fmt: skip
    runs: list[Row] = []
    steps: list[Row] = []
    for at in range(40):
        late = at >= 20
        failed = {"status": "error", "error_signature": MARKUP, "error_step": MARKUP, "error_type": MARKUP}
        more = failed if late else {}
        started = START + at * HOUR
        version = MARKUP + ("2" if late else "1")
        of = run(f"r{at}", started_ns=started, ended_ns=started + HOUR, pack_version=version, models=[MARKUP],
                 cost_usd=0.25 + at, duration_ms=100.0 * (1 + 9 * late), **named, **more)  # fmt: skip
        runs.append(of)
        paid = {"model": MARKUP, "provider": MARKUP, "usage_role": "leaf", "cost_usd": 0.25 + at,
                "input_tokens": 1000, "uncached_input_tokens": 1000, "output_tokens": 10,
                "input_cost_usd": 0.25 + at, "tenant_claimed": MARKUP, "caused_by": MARKUP}  # fmt: skip
        steps.append(step(of, f"c{at}", "llm", **paid))
        steps.append(step(of, MARKUP, duration_ms=100.0 * (1 + 9 * late), span_id=f"{at:016x}"))
    told = score(MARKUP, 0.5, label=MARKUP, explanation=MARKUP, trace_id=str(runs[0]["trace_id"]),
                 target_type="run", annotator=MARKUP, evaluator=MARKUP)  # fmt: skip
    return made_lake(data, runs=runs, steps=steps, scores=[told])
