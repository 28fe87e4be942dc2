"""Quality, memory and safety of runs whose figures were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import Reports, RunFilters
from spotlight.reports.decisions import decider_of, meaning_of, verdict_of
from spotlight.reports.memory import memory
from spotlight.reports.metric import Metric
from spotlight.reports.quality import (
    quality,
    score_distribution,
    score_names,
    scores_by_name,
    success_by,
    worst_runs,
)
from spotlight.reports.safety import safety
from spotlight.reports.statistics import mean, share
from tests.made_lake import SECOND, Row, made_lake, of_run, run, score, step
from tests.rows import START, span, span_id, trace_id

ALL = RunFilters()
RUNS = [run(f"r{n}", pack_version="1" if n < 6 else "2", started_ns=START + n * SECOND) for n in range(10)]


def by_name(metrics: tuple[Metric, ...]) -> dict[str, Metric]:
    """Return metrics by their names."""
    return {metric.name: metric for metric in metrics}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return ten runs of two versions: 4 of 5 and 1 of 3 succeeded, 2 are not judged."""
    passed = {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0, 4: 0.0, 6: 1.0, 7: 0.0, 8: 0.5}
    scores = [score("Task Success", value, **of_run(RUNS[n])) for n, value in passed.items()]
    scores += [score("quality", n / 10, **of_run(RUNS[n]), annotator="llm") for n in range(5)]
    scores += [score("tone", label=word, **of_run(RUNS[n])) for n, word in enumerate(("yes", "no", "yes"))]
    scores += [score("mood", label="wistful", **of_run(RUNS[0]))]
    scores += [
        score("user_feedback", label=word, **of_run(RUNS[n]), annotator="human")
        for n, word in enumerate(("thumbs_up", "thumbs_up", "thumbs_down"))
    ]
    scores += [
        score("user_correction", 1.0, **of_run(RUNS[3])),
        score("user-correction", 0.0, **of_run(RUNS[5])),
    ]
    scores += [score("lost", 1.0, target_type="trace", trace_id="f" * 32)]
    return made_lake(tmp_path_factory.mktemp("judged"), runs=RUNS, scores=scores)


def test_success_is_what_was_judged_by_version(judged: Reports) -> None:
    """Half a success is none; a run that nobody judged is neither; Wilson's interval of the judged."""
    found = success_by(judged, ALL).drop_columns(["failed_run_ids"]).to_pylist()
    one, two = share(4, 5), share(1, 3)
    assert [
        {"pack": "bot", "version": "1", "runs": 6, "judged": 5, "succeeded": 4, "success_rate": 0.8,
         "low": one.low, "high": one.high},
        {"pack": "bot", "version": "2", "runs": 4, "judged": 3, "succeeded": 1,
         "success_rate": pytest.approx(1 / 3), "low": two.low, "high": two.high},
    ] == found  # fmt: skip


def test_quality_tells_what_is_reported(judged: Reports) -> None:
    """Corrections are of all runs, acceptance of those with feedback; what nobody sent is not 0."""
    found = quality(judged, ALL)
    metrics = by_name(found.metrics)
    assert (10, 8, 1) == (found.runs, found.judged_runs, found.unjoined)
    assert (0.625, 8) == (metrics["task_success"].value, metrics["task_success"].n)
    assert [trace_id(name) for name in ("r4", "r8", "r7")] == list(metrics["task_success"].runs)
    assert (0.1, 10, (trace_id("r3"),)) == tuple(
        getattr(metrics["user_corrections"], column) for column in ("value", "n", "runs")
    )
    assert (pytest.approx(2 / 3), 3) == (metrics["acceptance"].value, metrics["acceptance"].n)
    escalations = metrics["human_escalations"]
    assert (None, False, True) == (
        escalations.value,
        escalations.reported,
        "human_escalation" in escalations.how,
    )


def test_scores_have_the_interval_of_their_sort(judged: Reports) -> None:
    """0 and 1 are a share, numbers a mean, yes and no a share, other words nothing but a count."""
    rows = {row["name"]: row for row in score_names(judged, ALL).to_pylist()}
    half = mean(0.2, 0.025**0.5, 5)
    assert ("mean", 5, pytest.approx(0.2), pytest.approx(half.low), ["llm"]) == tuple(
        rows["quality"][column] for column in ("measure", "n", "value", "low", "annotators")
    )
    assert ("share of yes", 3, pytest.approx(2 / 3)) == tuple(
        rows["tone"][column] for column in ("measure", "n", "value")
    )
    assert (None, None, ["wistful"]) == tuple(
        rows["mood"][column] for column in ("measure", "value", "labels")
    )
    assert "lost" not in rows
    by_version = scores_by_name(judged, ALL, ("version",)).to_pylist()
    assert [("1", 5), ("2", 3)] == [(r["version"], r["n"]) for r in by_version if r["name"] == "Task Success"]


def test_the_spread_counts_every_judgement_once(judged: Reports) -> None:
    """Buckets are equal and shared; the greatest value is in the last one, words are apart."""
    rows = score_distribution(judged, ALL, "quality", (), buckets=5).to_pylist()
    assert [(0.0, 2), (0.2, 2), (0.4, 1)] == [(pytest.approx(row["low"]), row["n"]) for row in rows]
    tones = score_distribution(judged, ALL, "tone", ()).to_pylist()
    assert [(None, "yes", 2), (None, "no", 1)] == [(row["low"], row["label"], row["n"]) for row in tones]


def test_the_worst_runs_come_first(judged: Reports) -> None:
    """By the names asked for, a word that says no as 0; without names by the mean of all scores."""
    worst = worst_runs(judged, ALL, names=["tone"], limit=2).to_pylist()
    assert [("r1", 0.0, "no"), ("r2", 1.0, "yes")] == [(r["name"], r["value"], r["label"]) for r in worst]
    overall = worst_runs(judged, ALL).to_pylist()
    assert ["r7", "r5", "r4"] == [row["name"] for row in overall[:3]]


def test_filters_and_dimensions_are_checked(judged: Reports) -> None:
    """A window leaves out runs before it; a dimension that does not exist is an error."""
    late = quality(judged, RunFilters(since_ns=START + 6 * SECOND))
    assert (4, 3) == (late.runs, late.judged_runs)
    with pytest.raises(SpotlightError, match="no such dimension"):
        quality(judged, ALL, by=("colour",))


def test_of_several_verdicts_the_surest_counts(tmp_path: Path) -> None:
    """A person before a model, the newest before older ones; the root's span is the run, others are not."""
    row = run("a")
    scores = [
        score("reward", 1.0, **of_run(row), annotator="human"),
        score("success", 0.0, **of_run(row), annotator="llm", time_ns=START + 9),
        score("success", 1.0, **of_run(row), annotator="human", time_ns=START + 1),
        score("success", 0.0, **of_run(row), annotator="human", time_ns=START),
        score("task_success", 0.0, target_type="span", trace_id=row["trace_id"], span_id=span_id("inner")),
    ]
    (found,) = success_by(made_lake(tmp_path, runs=[row], scores=scores), ALL, ()).to_pylist()
    assert (1, 1, 1) == (found["runs"], found["judged"], found["succeeded"])


def test_scores_find_their_run(tmp_path: Path) -> None:
    """By run, trace, span, response and session; runs that share a trace are told apart by their steps."""
    alone, later = run("alone", session_id="s"), run("later", session_id="s", started_ns=START + 9 * SECOND)
    shared = trace_id("shared")
    first = run("first", run_id=shared, trace_id=shared, trace_ids=[shared])
    second = run(
        "second",
        run_id=f"{shared}-{span_id('second')}",
        trace_id=shared,
        trace_ids=[shared],
        started_ns=START + 5,
    )
    scores = {
        "response": {"target_type": "response", "response_id": "resp"},
        "span": {"target_type": "span", "span_id": span_id("call")},
        "session before": {"target_type": "session", "session_id": "s", "time_ns": START + 5 * SECOND},
        "session after": {"target_type": "session", "session_id": "s", "time_ns": START + 50 * SECOND},
        "step of second": {"target_type": "span", "trace_id": shared, "span_id": span_id("y")},
        "second": {"target_type": "run", "trace_id": shared, "span_id": span_id("second")},
        "first": {"target_type": "run", "trace_id": shared},
        "nobody": {"target_type": "trace", "trace_id": "f" * 32},
    }
    reports = made_lake(
        tmp_path, runs=[alone, later, first, second], steps=[step(first, "x"), step(second, "y")],
        spans=[span("call", trace="alone", response_id="resp")],
        scores=[score(name, 1.0, **columns) for name, columns in scores.items()],
    )  # fmt: skip
    names = {row["run_id"]: row["name"] for row in (alone, later, first, second)}
    found = {
        row["score_name"]: names[row["run_id"]]
        for name in scores
        for row in worst_runs(reports, ALL, names=[name.replace(" ", "_")]).to_pylist()
    }
    assert {
        "response": "alone", "span": "alone", "session before": "alone", "session after": "later",
        "step of second": "second", "second": "second", "first": "first",
    } == found  # fmt: skip


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a run that remembers, asks, is denied and is checked."""
    row = run("a")
    said = {
        "read": ("memory_read", {}), "read#2": ("memory_read", {}),
        "w1": ("memory_write", {"spotlight.memory.state": "proposed"}),
        "w2": ("memory_write", {"spotlight.memory.state": "accepted"}),
        "w3": ("memory_write", {"spotlight.memory.state": "accepted"}), "w4": ("memory_write", {}),
        "g1": ("guardrail", {"guard.verdict": "pass"}), "g2": ("guardrail", {"guard.action": "block"}),
        "g3": ("guardrail", {"guard.verdict": "who knows"}),
    }  # fmt: skip
    steps: list[Row] = [step(row, name, kind, failed=name == "read") for name, (kind, _) in said.items()]
    spans = [
        span(name, trace="a", kind=kind, attributes=str(words).replace("'", '"'))
        for name, (kind, words) in said.items()
    ]
    decisions = [("accept", "user_temporary"), ("reject", "user_reject"), ("deny", "hook"), ("hm", None)]
    steps += [
        step(row, f"tool#{n}", approval_decision=word, approval_source=source)
        for n, (word, source) in enumerate(decisions)
    ]
    steps.append(step(row, "asked", "approval"))
    scores = [score("pii", 1.0, **of_run(row)), score("memory_stale", 0.0, **of_run(row))]
    return made_lake(tmp_path_factory.mktemp("acted"), runs=[row], steps=steps, spans=spans, scores=scores)


def test_memory_counts_reads_and_what_became_of_writes(acted: Reports) -> None:
    """Of four writes three say their state: one proposed, two accepted; one of two reads failed."""
    found = {metric.name: (metric.value, metric.n, metric.reported) for metric in memory(acted, ALL)}
    assert {
        "memory_reads": (2.0, 2, True), "memory_read_failures": (0.5, 2, True),
        "memory_writes": (4.0, 4, True), "writes_proposed": (pytest.approx(1 / 3), 3, True),
        "writes_accepted": (pytest.approx(2 / 3), 3, True), "writes_corrected": (0.0, 3, True),
        "stale_reads": (0.0, 1, True),
    } == found  # fmt: skip


def test_safety_reads_the_clients_words(acted: Reports) -> None:
    """Five steps were to be approved, three decided, two denied, one of them by a policy; one check hit."""
    found = safety(acted, ALL)
    values = {metric.name: (metric.value, metric.n) for metric in found.metrics}
    assert {
        "approvals_asked": (5.0, 5), "approvals_denied": (pytest.approx(2 / 3), 3),
        "blocked_calls": (pytest.approx(1 / 3), 3), "policy_violations": (None, 0),
        "guardrail_hits": (0.5, 2), "sensitive_data": (1.0, 1),
    } == values  # fmt: skip
    words = {row["decision"]: (row["meaning"], row["decided_by"]) for row in found.decisions.to_pylist()}
    assert {
        "accept": ("approved", "person"), "reject": ("denied", "person"), "deny": ("denied", "policy"),
        "hm": ("other", "unknown"), None: ("asked", "unknown"),
    } == words  # fmt: skip
    assert {"pass": "passed", "block": "hit", "who knows": "unknown"} == {
        row["verdict"]: row["meaning"] for row in found.guardrails.to_pylist()
    }


def test_words_are_compared_without_case() -> None:
    """As every client writes them; what nobody wrote down here is other, unknown, unknown."""
    assert ("approved", "denied") == (meaning_of(" Approved_For_Session "), meaning_of("ABORT"))
    assert ("other", "unknown", "unknown") == (meaning_of("✂"), decider_of("moon"), verdict_of("blue"))


def test_nothing_is_reported_of_an_empty_lake(tmp_path: Path) -> None:
    """Every figure has no value and says how to send it; no figure is 0."""
    reports = made_lake(tmp_path)
    metrics = (*quality(reports, ALL).metrics, *memory(reports, ALL), *safety(reports, ALL).metrics)
    assert {(None, False)} == {(metric.value, metric.reported) for metric in metrics}
    assert all(metric.how.startswith(("send ", "set ")) for metric in metrics)
