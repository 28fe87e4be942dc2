"""What people wrote on a run, its steps and its session, with every version of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from spotlight.reports.questions import Reports
from spotlight.semconv import SPOTLIGHT_NOTE, SPOTLIGHT_WITHDRAWN


def run_notes(reports: Reports, run_id: str) -> dict[str, Any]:
    """Return the notes and scores of a run, the earliest first, and how many stand on each step.

    `entries` have id, target, span_id, name (None for a note), value, label, text, by, annotator, time_ns
    (text), withdrawn, and `versions`: what stood there before, the oldest first. What was withdrawn counts
    nowhere.
    Raises: NotFound.
    """
    run = reports.run(run_id)
    key = {"traces": cast("list[str]", run["trace_ids"]), "session_id": run["session_id"]}
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in reports.ask("run_notes", key).to_pylist():
        by_id.setdefault(row["score_id"], []).append(row)
    entries = [_entry(versions) for versions in by_id.values()]
    standing = [entry for entry in entries if not entry["withdrawn"]]
    steps = Counter(str(entry["span_id"]) for entry in standing if entry["target"] == "span")
    return {"entries": entries, "steps": dict(steps), "standing": len(standing)}


def _entry(versions: list[dict[str, Any]]) -> dict[str, Any]:
    newest = versions[-1]
    said = [_version(row) for row in versions]
    target = {"trace": "run", "response": "span"}.get(newest["target_type"], newest["target_type"])
    of = {"id": newest["score_id"], "target": target, "span_id": newest["span_id"],
          "trace_id": newest["trace_id"], "session_id": newest["session_id"]}  # fmt: skip
    name = newest["name"] if newest["name"] != SPOTLIGHT_NOTE else None
    return (
        of
        | {"name": name}
        | said[-1]
        | {"versions": [v for n, v in enumerate(said[:-1]) if v != said[n + 1]]}
    )


def _version(row: Mapping[str, Any]) -> dict[str, Any]:
    withdrawn = row["label"] == SPOTLIGHT_WITHDRAWN
    is_note = row["name"] == SPOTLIGHT_NOTE
    return {
        "text": row["explanation"],
        "value": row["value"],
        "label": None if withdrawn or is_note else row["label"],
        "by": row["evaluator"],
        "annotator": row["annotator"],
        "time_ns": None if row["time_ns"] is None else str(row["time_ns"]),
        "withdrawn": withdrawn,
    }
