"""Running a recorded run again with something changed: another model, another prompt, another pack.

Its one law: a replay never runs a real tool. Tool calls are answered from what was recorded, from
stubs, or not at all, and no module here may open a path to the real thing.

    recording      what a run of the lake holds: its calls, its tools, how complete it is
    variants       what is changed, and the request that makes of a recorded one
    plan, sealing  what is to be done, and that with everything it depends on
    preview        what it will ask, cover and cost
    engine         working through a plan; walk_steps and walk_loop go one item's way
    providers      models over their vendors' clients
    mocks          what stands for the tools
    journal        what was planned, asked and answered; progress reads it
    emission       results as runs
    experiment     what came of it: figures, cases side by side, reports
    proxy          recordings that answer a user's own agent over HTTP
    exporting      a run as a test; testing is what such tests use

From Python: `replay.run(replay.Plan(runs=["9c75"], variants=[...]))`. Importing this is cheap; what a
plan or a call needs is imported where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from replay.launch import run
    from replay.plan import Plan
    from replay.variants import Variant

_LAZY: Final = {"Plan": "replay.plan", "Variant": "replay.variants", "run": "replay.launch"}

__all__ = ["Plan", "Variant", "run"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'replay' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
