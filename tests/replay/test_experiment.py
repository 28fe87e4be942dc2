"""What came of a replay: figures paired by case, bounds of what was broken off, cases side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from replay.experiment import ORIGINAL, Call, Experiment, Row, Trial, clusters, experiment, is_unchanged
from replay.experiment_case import case_view
from replay.experiment_document import experiment_document
from replay.experiment_figures import AGREEMENT, Compared, compare, compare_all, metrics_of
from replay.plan import Case
from replay.progress import Progress
from replay.variants import Variant
from spotlight.reports import open_lake
from tests.command import spotlight, spotlight_json
from tests.replay.experiments import OTHER, experiment_lake, replay_id
from tests.replay.scripted import Turn, recorded, says, sealed_of
from tests.sharing import common_folder, made_once


def trial(
    outcome: str = "complete", same: int = 2, usd: Sequence[float | None] = (1.0, 1.0), **more: Any
) -> Trial:
    """Return a trial of two steps that costs so much by step."""
    calls = tuple(Call(step, cost, 10.0, 5, 5) for step, cost in enumerate(usd, 1))
    told: dict[str, Any] = {
        "run_id": "r", "repeat": 1, "outcome": outcome, "at_step": None, "reason": "", "same": same,
        "compared": len(usd), "first_difference": None, "fidelity": {}, "is_stored": True, "calls": calls,
        "scores": {},
    }  # fmt: skip
    return Trial(**(told | more))


def made(*cases: Mapping[str, Sequence[Trial]], mode: str = "step") -> Experiment:
    """Return an experiment of these cases with the variants `base`, unchanged, and `new`."""
    found = [recorded(Turn(says("a")), Turn(says("b")), run_id=f"run-{at}") for at in range(len(cases))]
    variants = [{"name": "base"}, {"name": "new", "model": "openai:gpt-4o"}]
    sealed = sealed_of(found, variants=variants, mode=mode)
    rows = tuple(
        Row(at, case, "", f"run-{at}", trial(), {name: tuple(done) for name, done in told.items()}, {})
        for at, (case, told) in enumerate(zip(sealed.cases, cases, strict=True))
    )
    progress: Any = dict.fromkeys(Progress._fields, 0)
    return Experiment(sealed, Progress(**(progress | {"outcomes": {}, "calls": {}})), rows)


def figure(found: Experiment, name: str, reference: str = "base") -> Compared:
    """Return a figure of the variant `new`."""
    return compare(found, reference, "new", next(m for m in metrics_of(found) if m.name == name))


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        pytest.param({"name": "x"}, True, id="changes-nothing"),
        pytest.param({"name": "baseline", "base_url": "http://x/v1"}, True, id="a-baseline-elsewhere"),
        pytest.param({"name": "x", "base_url": "http://x/v1"}, False, id="another-server"),
        pytest.param({"name": "x", "model": "openai:gpt-5"}, False, id="another-model"),
        pytest.param({"name": "baseline", "model": "openai:gpt-5"}, True, id="a-baseline-that-is-named"),
        pytest.param({"name": "baseline", "params": {"seed": 1}}, False, id="by-name-alone"),
        pytest.param({"name": "baseline", "model": "recorded"}, False, id="that-asks-nobody"),
    ],
)
def test_what_may_be_a_baseline(said: dict[str, Any], is_one: bool) -> None:
    """It changes nothing; only what is called so may say which model is asked, and where."""
    assert is_one == is_unchanged(Variant.model_validate(said))


def test_cases_of_one_conversation_or_task_count_together() -> None:
    """A and B share a conversation, B and C a task: one cluster; what has neither stands alone."""
    told = [("a", "x", "t1"), ("b", "x", "t2"), ("c", None, "t2"), ("d", None, ""), ("e", "y", "t3")]
    cases = [
        Case(run_id=run_id, digest="", grade="exact", steps=(1,), question=task) for run_id, _, task in told
    ]
    found = clusters(cases, [session for _, session, _ in told])
    assert 3 == len(set(found))
    assert 1 == len(set(found[:3]))


def test_repeats_are_averaged_before_cases_are_compared() -> None:
    """Cases of 2 -> 4 and of mean 3 -> 3: the difference is 1, the ratio 7 / 5; noise is the base's."""
    found = made(
        {"base": [trial()], "new": [trial(usd=(2, 2))]},
        {"base": [trial(), trial(usd=(2, 2))], "new": [trial(usd=(1, 2))]},
    )
    cost = figure(found, "cost_usd")
    assert (2.5, 3.5, 1.0) == (cost.before, cost.after, cost.found.value)
    assert cost.ratio is not None
    assert 1.4 == pytest.approx(cost.ratio.value)
    # variance 2 within one case, 1 degree of freedom: t 12.706 * sqrt(2 * (1/1 + 1/1 + 1/2 + 1/1)) / 2
    assert 12.7062 * 7**0.5 / 2 == pytest.approx(cost.noise, rel=1e-5)


def test_what_nobody_says_is_no_figure() -> None:
    """A call without a price makes its case unknown, and no compared step is no agreement."""
    found = made({"base": [trial()], "new": [trial(usd=(1, None), compared=0, same=0)]})
    for name in ("cost_usd", "agreement", "same_tools"):
        assert (None, 1) == (figure(found, name).found.value, figure(found, name).unknown)


def test_all_sides_count_the_same_steps() -> None:
    """Where a variant was not asked a step, that step counts on no side; closed loops count all of theirs."""
    told = {"base": [trial(usd=(1, 4))], "new": [trial(usd=(2,))]}
    assert (1, 2) == (figure(made(told), "cost_usd").before, figure(made(told), "cost_usd").after)
    assert 5 == figure(made(told, mode="closed"), "cost_usd").before
    assert 1 == figure(made(told), "cost_usd", ORIGINAL).before


def test_broken_off_is_bounded_not_failed() -> None:
    """Of two cases one stopped after 1 of 2 steps, agreeing: it would agree in half to all."""
    stopped = trial("diverged", same=1, usd=(1.0,))
    found = made({"base": [trial()], "new": [trial()]}, {"base": [trial()], "new": [stopped]}, mode="closed")
    agreed, cost = figure(found, "agreement"), figure(found, "cost_usd")
    assert (1, 1, 0.0) == (agreed.found.n, agreed.censored, agreed.found.value)
    assert (-0.25, 0.0) == (agreed.lowest, agreed.highest)
    assert "cannot tell" == agreed.word  # one case is the same, the other may not be
    assert (-0.5, None) == (cost.lowest, cost.highest)


def test_scores_are_figures_and_order_cases() -> None:
    """A case whose score falls stands before one that only costs more; it says why."""
    good, bad = trial(scores={"reward": 1.0}), trial(scores={"reward": 0.0})
    dear = trial(usd=(9, 9), scores={"reward": 1.0})
    found = made(
        {"base": [good], "new": [dear]},
        {"base": [good], "new": [bad]},
    )
    told = experiment_document(found)
    assert [(1, "score"), (0, "cost")] == [(case["case"], case["worse"]) for case in told["cases"]]
    assert -0.5 == figure(found, "score:reward").found.value


def test_less_of_some_scores_is_better() -> None:
    """Their name says so, or the user; a case in which such a score rises is a regression."""
    found = made(
        {"base": [trial(scores={"toxicity": 0.0})], "new": [trial(scores={"toxicity": 0.0})]},
        {"base": [trial(scores={"toxicity": 0.0})], "new": [trial(scores={"toxicity": 0.5})]},
    )
    assert "lower" == figure(found, "score:toxicity").metric.better
    assert [(1, "score"), (0, None)] == [(c["case"], c["worse"]) for c in experiment_document(found)["cases"]]
    found = found._replace(better={"toxicity": "higher"})
    assert [(0, None), (1, None)] == [(c["case"], c["worse"]) for c in experiment_document(found)["cases"]]


def test_among_many_figures_some_differ_by_chance() -> None:
    """Cost, time and tokens rise in 6 of 6 cases: 4 x 2 / 64 is no proof; in 10 of 10, 4 x 2 / 1,024 is."""

    def rising(count: int) -> Experiment:
        more = [(Call(1, 2 + at, 12.0 + at, 6 + at, 6 + at),) for at in range(count)]
        less = (Call(1, 1, 10.0, 5, 5),)
        return made(*({"base": [trial(calls=less)], "new": [trial(calls=calls)]} for calls in more))

    told = {}
    for count in (6, 10):
        found = compare_all(rising(count), "base")
        told[count] = next(one for one in found if (one.variant, one.metric.name) == ("new", "cost_usd"))
    assert "worse" == figure(rising(6), "cost_usd").word  # alone
    assert ("cannot tell", 0.125) == (told[6].word, told[6].p_holm)
    assert ("worse", 4 * 2 / 1024) == (told[10].word, told[10].p_holm)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with an experiment."""
    return made_once(common_folder(tmp_path_factory) / "experiment", experiment_lake)


def test_an_experiment_is_read_from_journal_and_lake(data: Path) -> None:
    """The recording agrees with itself at its own cost in no time; llmock does not decide as recorded."""
    reports = open_lake(data)
    found = experiment(data, reports, replay_id(data)[:6])
    assert "baseline" == found.baseline
    metrics = {metric.name: metric for metric in metrics_of(found)}
    same = compare(found, ORIGINAL, "recording", metrics["cost_usd"])
    assert (2, 1, "same") == (same.found.n, same.unknown, same.word)  # one run does not say its usage
    assert 1.0 == compare(found, "baseline", "recording", AGREEMENT).level.value
    assert compare(found, ORIGINAL, "recording", metrics["model_ms"]).level.value is None
    other = compare(found, "baseline", OTHER, metrics["model_ms"])
    assert (3, True) == (other.found.n, other.noise is not None)
    row = max(found.rows, key=lambda row: len(row.case.steps))
    view = case_view(reports, found, row.case_no, repeat=2)
    assert [ORIGINAL, "baseline", OTHER, "recording"] == [side.variant for side in view.sides]
    assert [None, 0, 0, None] == [side.first for side in view.sides]
    pairs = [(line.cells[0], line.cells[3]) for line in view.lines]
    both = [(one, two) for one, two in pairs if one and two]
    assert len(row.case.steps) == sum(one.step.kind == "llm" and two.op == "equal" for one, two in both)
    assert {"exact"} == {two.rung for one, two in both if one.step.kind == "tool"}


def test_the_comparison_as_files(data: Path, tmp_path: Path) -> None:
    """The command writes JSON, CSV that no spreadsheet runs, HTML that draws no name, and a case by step."""
    given = (replay_id(data), "--data", data)
    told = spotlight_json("replay", "compare", *given)
    assert 3 == len(told["cases"])
    agreed = {
        one["variant"]: one["level"]["value"] for one in told["compared"] if one["metric"] == "agreement"
    }
    assert 1.0 == agreed["recording"] > agreed[OTHER]
    for name in ("out.csv", "out.html"):
        spotlight("replay", "compare", *given, "-o", tmp_path / name, "--section", "cases")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert 3 * (1 + 3 * 2) == len(rows)
    assert {"as recorded", "baseline", "'" + OTHER, "recording"} == {row["variant"] for row in rows}
    assert 1.0 == fmean(float(row["same_share"]) for row in rows if row["variant"] == "recording")
    page = (tmp_path / "out.html").read_text()
    assert "<b>other" not in page
    assert "&lt;b&gt;other" in page
    shown = spotlight("replay", "compare", *given, "--case", "1").stdout
    assert "first divergence: line 1" in shown
    against = spotlight_json("replay", "compare", *given, "--against", "as recorded")
    assert ("", "baseline") == (against["reference"], against["compared"][0]["variant"])
    refused = spotlight("replay", "compare", *given, "--against", "nobody", check=False)
    assert (1, True) == (refused.returncode, "has no variant 'nobody'" in refused.stderr)
