"""Working on a plan from the command line: the preview, progress with the cost so far, how it ended."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from spotlight.cli.output import count, err, harmless, money, one_line, out, print_json, say
from spotlight.figures import duration

if TYPE_CHECKING:
    from replay.plan import Sealed
    from replay.preview import Preview
    from replay.progress import Progress as Done
    from replay.sealing import Made, Recordings

_LOOK_S: Final = 0.5
_WELL: Final = frozenset({"complete", "diverged", "skipped"})  # a divergence is a finding, not a failure


def work_on(
    folder: Path, data: Path, sealed: Sealed, *,
    as_json: bool, budget: Decimal | None = None, retry: bool = False, recordings: Recordings | None = None,
) -> None:  # fmt: skip
    """Work on a plan, show how it goes, say how it ended; exit code 1 where not all of it could be done."""
    from replay.journal import Journal
    from replay.progress import read_progress
    from replay.running import run_plan
    from spotlight.cli.replay_results import Results

    say(f"replay {sealed.id}")
    Journal.open(folder, sealed.items()).close()  # what is planned is there before it is shown
    results = Results(data)
    with _shown(folder):
        run_plan(folder, data, sealed, results.send, budget_usd=budget, retry=retry, recordings=recordings)
    if not results.wait():
        say("the results are safe in the collector's journal, but not to be seen yet: `spotlight status`")
    done = read_progress(folder)
    if as_json:
        print_json(progress_document(sealed, done))
    else:
        print_progress(sealed, done)
    if done.state != "complete" or not done.outcomes.keys() <= _WELL:
        raise typer.Exit(1)


@contextlib.contextmanager
def _shown(folder: Path) -> Iterator[None]:
    """Show progress on a terminal while the work goes on."""
    from replay.progress import read_progress

    if not err.is_terminal:
        yield
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
    )
    ended = threading.Event()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("replaying", total=None, cost="")

        def look() -> None:
            while not ended.wait(_LOOK_S):
                done = read_progress(folder)
                cost = f"{money(float(done.spent_usd))}, {done.calls.get('done', 0):,} calls answered"
                progress.update(task, total=done.items, completed=done.ended, cost=cost)

        watch = threading.Thread(target=look, daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join()


def progress_document(sealed: Sealed, done: Done) -> dict[str, Any]:
    """Return how far a plan is, for programs."""
    return {
        "plan": sealed.id, "state": done.state, "mode": sealed.plan.mode, "cases": len(sealed.cases),
        "variants": [variant.name for variant in sealed.plan.all_variants()], "items": done.items,
        "outcomes": dict(done.outcomes), "sent": done.sent, "calls": dict(done.calls),
        "unpriced_calls": done.unpriced_calls, "spent_usd": float(done.spent_usd),
        "lost_usd": float(done.lost_usd), "started_ns": done.started_ns, "ended_ns": done.ended_ns,
    }  # fmt: skip


def print_progress(sealed: Sealed, done: Done) -> None:
    """Print how far a plan is."""
    ends = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(done.outcomes.items()))
    out.print(
        f"replay {sealed.id}: {done.state}; {done.ended:,} of {done.items:,} items ended ({ends or 'none'})"
    )
    calls = ", ".join(f"{number:,} {state}" for state, number in sorted(done.calls.items()))
    out.print(f"model calls: {calls or 'none'}; spent {money(float(done.spent_usd))}{_beside(done)}")
    if done.state == "complete":
        say(f"its runs: `spotlight runs --find 'experiment:{sealed.id}'`")
    elif done.state != "running":
        more = " --budget MORE" if "budget" in done.outcomes else ""
        say(f"go on with `spotlight replay resume {sealed.id}{more}`")
    if done.outcomes.keys() & {"error", "incomplete"}:
        say(f"what failed: `spotlight replay status {sealed.id}`; once more: `resume {sealed.id} --retry`")


def _beside(done: Done) -> str:
    told = [
        f"{money(float(done.lost_usd))} of it for lost calls, estimated" if done.lost_usd else "",
        f"{done.unpriced_calls:,} calls have no price and are in no sum" if done.unpriced_calls else "",
    ]
    return "".join(f"; {text}" for text in told if text)


def preview_document(made: Made, ahead: Preview) -> dict[str, Any]:
    """Return what a plan will ask, cover and cost, for programs."""
    told = ahead._asdict() | {
        "expected_usd": float(ahead.expected_usd), "worst_usd": float(ahead.worst_usd),
        "targets": [target._asdict() for target in ahead.targets],
    }  # fmt: skip
    return {"plan": made.sealed.id, **told, "left_out": dict(made.left_out), "beyond": made.beyond}


def print_preview(made: Made, ahead: Preview, to: Console | None = None) -> None:
    """Print what a plan will ask, cover, cost and be able to show: on stderr, or where it is the answer."""
    for line in _preview_lines(made, ahead):
        (to or err).print(harmless(line), soft_wrap=True)


def _preview_lines(made: Made, ahead: Preview) -> Iterator[str]:
    from replay.preview_tools import by_variants

    sealed, plan = made.sealed, made.sealed.plan
    names = ", ".join(one_line(variant.name) for variant in plan.all_variants())
    mode = "step by step" if plan.mode == "step" else "closed loop, tools mocked"
    yield f"replay {sealed.id}: {ahead.cases:,} runs, {mode}, from step {plan.from_step}, {plan.repeat}×"
    yield f"variants: {names}"
    yield f"recordings: {_listed(ahead.grades)}"
    for variants, rungs in by_variants(ahead.rungs) if ahead.rungs else ():
        of = f" of {one_line(variants)}" if variants else ""
        yield f"tool calls{of}, if asked as recorded, are answered by: {_listed(rungs)}"
    for what, reasons in (("steps are not asked", ahead.skipped), ("steps are refused", ahead.refused)):
        for reason, number in reasons.items():
            yield f"{number:,} {what}: {one_line(reason)}"
    for run_id, reason in made.left_out:
        yield f"left out: {one_line(run_id)}: {one_line(reason)}"
    if made.beyond:
        yield f"left out: {made.beyond:,} more runs that the search finds: most_runs is {plan.most_runs:,}"
    tokens = f"about {count(ahead.input_tokens)} input tokens"
    made_up = f" and {ahead.made_up:,} tool results made up" if ahead.made_up else ""
    yield f"model calls: {ahead.calls:,} ({_listed(ahead.models)}){made_up}, {tokens}"
    limit = (
        f", at most {money(float(plan.budget_usd))} by the budget"
        if plan.budget_usd is not None
        else ", no budget"
    )
    expected, worst = money(float(ahead.expected_usd)), money(float(ahead.worst_usd))
    is_known = len(ahead.targets) > len(ahead.unpriced) or not ahead.unpriced
    beside = f", without {ahead.unpriced_calls:,} calls that have no price" if ahead.unpriced else ""
    known = f"{expected} expected, {worst} at worst{beside}" if is_known else "not known"
    yield f"cost: {known}{limit}"
    for model, reason in ahead.unpriced.items():
        yield f"no price: {one_line(model)}: {reason}"
    yield f"time: about {duration(ahead.seconds * 1000)}"
    effect = ahead.smallest_effect
    shown = (
        "no difference in success" if effect is None else f"a difference in success of {effect:.0%} or more"
    )
    yield f"so many runs can show {shown}"


def _listed(counts: Any) -> str:
    return ", ".join(f"{number:,} {one_line(name)}" for name, number in counts.items()) or "none"
