"""Options of `spotlight replay run`, each with what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunsArgument = Annotated[list[str] | None, typer.Argument(metavar="RUN", help="Ids of runs, or beginnings.")]
FindOption = Annotated[str | None, typer.Option("--find", help="Replay the runs that this search finds.")]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", help="provider:name, or `recorded` (free); may be repeated: one variant each."),
]
OnlyModelOption = Annotated[
    list[str] | None,
    typer.Option("--only-model", help="Ask --model only where this model was recorded; may be repeated."),
]
PackOption = Annotated[
    list[Path] | None, typer.Option("--pack", help="Folder or file of a pack; may be repeated.")
]
PromptOption = Annotated[Path | None, typer.Option("--prompt", help="File with another prompt.")]
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", help="A parameter: temperature=0; may be repeated.")
]
BaseUrlOption = Annotated[
    str | None, typer.Option("--base-url", help="Address of a server that speaks the provider's form.")
]
KeyEnvOption = Annotated[
    str | None, typer.Option("--key-env", help="Environment variable with the key of that address.")
]
BaselineOption = Annotated[
    bool, typer.Option("--baseline", help="Ask unchanged, too: how much answers differ by themselves.")
]
ModeOption = Annotated[
    str, typer.Option("--mode", help="step: each recorded call anew; closed: the variant's own way.")
]
FromStepOption = Annotated[int, typer.Option("--from", help="First model call to ask anew, from 1.")]
RepeatOption = Annotated[int, typer.Option("--repeat", help="How often each run is replayed.")]
BudgetOption = Annotated[str | None, typer.Option("--budget", metavar="USD", help="Most money to spend.")]
ToolsOption = Annotated[Path | None, typer.Option("--tools", help="Policy file for mocked tools.")]
StubsOption = Annotated[Path | None, typer.Option("--stubs", help="Python file with stubs of tools.")]
FaultOption = Annotated[
    list[str] | None,
    typer.Option("--fault", help="A fault of tools: error@search,nth=2; may be repeated."),
]
SimulateOption = Annotated[
    str | None,
    typer.Option("--simulate", help="Model that makes up tool results where the policy says so."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Decides which faults strike.")]
OnDivergenceOption = Annotated[
    str, typer.Option("--on-divergence", help="stop, or error-to-model: a call that nothing answers.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", help="Go on in a closed loop where a step decides otherwise.")
]
ConcurrencyOption = Annotated[int, typer.Option("--concurrency", help="Model calls in flight at most.")]
AllowUnpricedOption = Annotated[
    bool, typer.Option("--allow-unpriced", help="Ask models without a price, in no sum and no limit.")
]
AllowPrivateOption = Annotated[
    bool, typer.Option("--allow-private-address", help="Ask models at private and loopback addresses.")
]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", help="Plan file (YAML or JSON) instead of these options.")
]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Only show what it would ask and cost.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it begins.")]
