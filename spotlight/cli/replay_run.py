"""`spotlight replay run`: make a plan, show what it will ask and cost, and work through it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import out, print_json, say
from spotlight.cli.replay import replay
from spotlight.cli.replay_options import Changed, fault_of, variants_of
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from replay.plan import Plan


@replay.command()
def run(  # one option each
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Ids of runs, or beginnings.")
    ] = None,
    find: Annotated[
        str | None, typer.Option("--find", help="Replay the runs that this search finds.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", help="provider:name, or `recorded` (free); may be repeated: one variant each."
        ),
    ] = None,
    pack: Annotated[
        list[Path] | None, typer.Option("--pack", help="Folder or file of a pack; may be repeated.")
    ] = None,
    prompt: Annotated[Path | None, typer.Option("--prompt", help="File with another prompt.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="A parameter: temperature=0; may be repeated.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address of a server that speaks the provider's form.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", help="Environment variable with the key of that address.")
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Ask unchanged, too: how much answers differ by themselves.")
    ] = False,
    mode: Annotated[
        str, typer.Option("--mode", help="step: each recorded call anew; closed: the variant's own way.")
    ] = "step",
    from_step: Annotated[int, typer.Option("--from", help="First model call to ask anew, from 1.")] = 1,
    repeat: Annotated[int, typer.Option("--repeat", help="How often each run is replayed.")] = 1,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="USD", help="Most money to spend.")
    ] = None,
    tools: Annotated[Path | None, typer.Option("--tools", help="Policy file for mocked tools.")] = None,
    stubs: Annotated[Path | None, typer.Option("--stubs", help="Python file with stubs of tools.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help="A fault of tools: error@search,nth=2; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides which faults strike.")] = 0,
    on_divergence: Annotated[
        str, typer.Option("--on-divergence", help="stop, or error-to-model: a call that nothing answers.")
    ] = "stop",
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on in a closed loop where a step decides otherwise.")
    ] = False,
    concurrency: Annotated[int, typer.Option("--concurrency", help="Model calls in flight at most.")] = 8,
    allow_unpriced: Annotated[
        bool, typer.Option("--allow-unpriced", help="Ask models without a price, in no sum and no limit.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private-address", help="Ask models at private and loopback addresses.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Plan file (YAML or JSON) instead of these options.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what it would ask and cost.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it begins.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run recorded runs again with something changed; results are runs, tools are mocked.

    Shows what it will ask and cost before anything is spent. Stop it with Ctrl-C and go on with `spotlight
    replay resume`: nothing that was answered is asked, or paid, again.

    Example: spotlight replay run 9c75985e --model recorded --yes
    """
    changed = Changed(model or (), pack or (), prompt, param or (), base_url, key_env)
    document: dict[str, Any] = {
        "runs": runs or (), "search": find, "variants": variants_of(changed), "mode": mode,
        "baseline": baseline, "from_step": from_step, "repeat": repeat, "budget_usd": budget,
        "tools": tools, "stubs": stubs, "faults": [fault_of(text) for text in fault or ()], "seed": seed,
        "on_divergence": on_divergence, "follow": follow, "concurrency": concurrency,
        "allow_unpriced": allow_unpriced, "allow_private": allow_private,
    }  # fmt: skip
    _begin(_plan_of(document, plan), existing_data(data), only_preview=preview, yes=yes, as_json=as_json)


def _plan_of(document: dict[str, Any], file: Path | None) -> Plan:
    """Return the plan that a file or the options say. Raises: SpotlightError where both do."""
    from replay.plan import make_plan, read_plan

    if file is None:
        return make_plan(document, "the options")
    typed = [name for name in ("runs", "search", "variants", "tools", "stubs", "faults") if document[name]]
    if typed:
        raise SpotlightError(
            f"a plan file and options that make a plan do not go together: {', '.join(typed)}",
            hint="say it in the file, or leave --plan out",
        )
    return read_plan(file)


def _begin(plan: Plan, folder: Path, *, only_preview: bool, yes: bool, as_json: bool) -> None:
    from replay.running import Setting, look_ahead
    from replay.sealing import save, seal
    from spotlight.cli.replay_work import print_preview, work_on
    from spotlight.reports import open_lake

    reports = open_lake(folder)
    made = seal(plan, reports)
    ahead = look_ahead(Setting(made.sealed, reports, folder))
    if only_preview and as_json:
        print_json({"plan": made.sealed.id, **ahead._asdict(), "left_out": dict(made.left_out)})
        return
    print_preview(made.sealed, ahead, made.left_out, to=out if only_preview else None)
    if only_preview:
        return
    if ahead.unpriced_calls and not plan.allow_unpriced:
        raise SpotlightError(
            f"{', '.join(sorted(ahead.unpriced))}: no price, so no budget holds",
            hint="price them in prices.yaml of the data folder, or say --allow-unpriced",
        )
    if not ahead.calls:
        raise SpotlightError("no model call is left to ask", hint="the reasons are named above")
    if not yes and not _agreed():
        return
    target = save(made.sealed, folder)
    work_on(target, folder, made.sealed, budget=None, as_json=as_json)


def _agreed() -> bool:
    """Ask whether to go on. Raises: SpotlightError where nobody can answer."""
    if not sys.stdin.isatty():
        raise SpotlightError("nobody is there to agree to this", hint="say --yes, or --preview to only look")
    if typer.confirm("Go on?", err=True):
        return True
    say("nothing was asked")
    return False
