"""`spotlight replay run`: make a plan, show what it will ask and cost, and work through it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from spotlight.cli import replay_words as opt
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import out, print_json, say
from spotlight.cli.replay import replay
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from replay.plan import Plan


@replay.command()
def run(
    runs: opt.RunsArgument = None,
    find: opt.FindOption = None,
    model: opt.ModelOption = None,
    only_model: opt.OnlyModelOption = None,
    pack: opt.PackOption = None,
    prompt: opt.PromptOption = None,
    param: opt.ParamOption = None,
    base_url: opt.BaseUrlOption = None,
    key_env: opt.KeyEnvOption = None,
    baseline: opt.BaselineOption = False,
    mode: opt.ModeOption = "step",
    from_step: opt.FromStepOption = 1,
    repeat: opt.RepeatOption = 1,
    budget: opt.BudgetOption = None,
    tools: opt.ToolsOption = None,
    stubs: opt.StubsOption = None,
    fault: opt.FaultOption = None,
    simulate: opt.SimulateOption = None,
    seed: opt.SeedOption = 0,
    on_divergence: opt.OnDivergenceOption = "stop",
    follow: opt.FollowOption = False,
    concurrency: opt.ConcurrencyOption = 8,
    allow_unpriced: opt.AllowUnpricedOption = False,
    allow_private: opt.AllowPrivateOption = False,
    plan: opt.PlanOption = None,
    preview: opt.PreviewOption = False,
    yes: opt.YesOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run recorded runs again with something changed; results are runs, tools are mocked.

    Shows what it will ask and cost before anything is spent. Stop it with Ctrl-C and go on with `spotlight
    replay resume`: nothing that was answered is asked, or paid, again.

    Example: spotlight replay run 9c75985e --model recorded --yes
    """
    from replay.typed import Changed, fault_of, variants_of

    changed = Changed(
        model or (), pack or (), prompt, param or (), base_url, key_env, only_models=only_model or ()
    )  # fmt: skip
    document: dict[str, Any] = {
        "runs": runs or (), "search": find, "variants": variants_of(changed), "mode": mode,
        "baseline": baseline, "from_step": from_step, "repeat": repeat, "budget_usd": budget,
        "tools": tools, "stubs": stubs, "faults": [fault_of(text) for text in fault or ()],
        "seed": seed, "simulate": simulate, "on_divergence": on_divergence, "follow": follow,
        "concurrency": concurrency, "allow_unpriced": allow_unpriced, "allow_private": allow_private,
    }  # fmt: skip
    _begin(_plan_of(document, plan), existing_data(data), only_preview=preview, yes=yes, as_json=as_json)


def _plan_of(document: dict[str, Any], file: Path | None) -> Plan:
    """Return the plan that a file or the options say. Raises: SpotlightError where both do."""
    from replay.plan import Plan, make_plan, read_plan

    if file is None:
        return make_plan(document, "the options")
    fields = Plan.model_fields
    typed = [name for name, value in document.items() if value and value != fields[name].default]
    if typed:
        raise SpotlightError(
            f"a plan file and options that make a plan do not go together: {', '.join(typed)}",
            hint="say it in the file, or leave --plan out",
        )
    return read_plan(file)


def _begin(plan: Plan, folder: Path, *, only_preview: bool, yes: bool, as_json: bool) -> None:
    from replay.running import check, look_ahead
    from replay.sealing import recordings_of, save, seal
    from spotlight.cli.replay_work import preview_document, print_preview, work_on
    from spotlight.reports import open_lake

    reports = open_lake(folder)
    recordings = recordings_of(reports)
    made = seal(plan, reports, recordings=recordings)
    ahead = look_ahead(made.sealed, reports, folder, recordings)
    if only_preview and as_json:
        print_json(preview_document(made, ahead))
        return
    print_preview(made, ahead, to=out if only_preview else None)
    if only_preview:
        return
    check(plan, ahead)
    if not yes and not _agreed():
        return
    target = save(made.sealed, folder)
    work_on(target, folder, made.sealed, recordings=recordings, as_json=as_json)


def _agreed() -> bool:
    """Ask whether to go on. Raises: SpotlightError where nobody can answer."""
    if not sys.stdin.isatty():
        raise SpotlightError("nobody is there to agree to this", hint="say --yes, or --preview to only look")
    if typer.confirm("Go on?", err=True):
        return True
    say("nothing was asked")
    return False
