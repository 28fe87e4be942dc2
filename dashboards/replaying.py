"""What the pages ask of `replay`: make a plan of a form, launch it, see how far all of them are.

A launched plan runs in a process of its own, which outlives the tab and the dashboards: what is shown of it
is read from its journal. The packages that ask models are imported when somebody asks for a preview.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from dashboards.source import published
from spotlight.errors import NotFound, SpotlightError
from spotlight.reports import Reports

if TYPE_CHECKING:
    from replay.plan import Sealed
    from replay.preview import Preview
    from replay.progress import NotComplete, Progress

LISTED: Final = 30  # plans that are read for one look at the page
WELL: Final = frozenset({"complete", "skipped"})
_ENDED: Final = 256  # plans that are held in memory
# What this process launched: a plan that does not run yet is starting while its process lives.
_LAUNCHED: dict[str, subprocess.Popen[bytes]] = {}


class Prepared(NamedTuple):
    """A plan that was made of a draft, with what it will do; `refusal` says why it cannot be launched."""

    draft: Mapping[str, Any]
    sealed: Sealed
    left_out: tuple[tuple[str, str], ...]
    ahead: Preview
    refusal: SpotlightError | None
    beyond: int  # runs that the search finds beyond the most that a plan takes


class Listed(NamedTuple):
    """One plan and how far it is; without `sealed` and `done`, why it cannot be read."""

    id: str
    sealed: Sealed | None
    done: Progress | None
    is_starting: bool = False
    not_complete: tuple[NotComplete, ...] = ()
    last_words: str = ""
    error: str = ""

    @property
    def is_going(self) -> bool:
        """Whether it changes without anybody pressing a button."""
        return self.is_starting or bool(self.done and self.done.is_running)


def prepare(draft: Mapping[str, Any]) -> Prepared:
    """Return the plan of a draft: fields of a plan as typed, with `policy` as YAML text and lists of texts.

    Nothing is asked and nothing is written. Raises: SpotlightError for what no plan can be made of.
    """
    from replay.mocks.policy_file import policy_of
    from replay.plan import make_plan
    from replay.running import check, look_ahead
    from replay.sealing import seal
    from replay.typed import Changed, fault_of, variants_of

    said = dict(draft)
    policy = policy_of(said.pop("policy").encode(), "typed here")
    packs = [Path(pack) for pack in said.pop("packs")]
    changed = Changed(said.pop("models"), packs, None, said.pop("params"), prompt_text=said.pop("prompt"))
    said |= {"variants": variants_of(changed), "faults": [fault_of(text) for text in said["faults"]]}
    reports = cast(Reports, published().source)
    made = seal(make_plan(said), reports, policy)
    ahead = look_ahead(made.sealed, reports, published().data)
    refusal = None
    try:
        check(made.sealed.plan, ahead)
    except SpotlightError as exc:
        refusal = exc
    return Prepared(draft, made.sealed, made.left_out, ahead, refusal, made.beyond)


def step_of(run_id: str, span_id: str) -> int | None:
    """Return the model call of a run that a span stands at, None where it stands at none."""
    from replay.recording import recording, step_at

    return step_at(recording(cast(Reports, published().source), run_id), span_id)


def begin(prepared: Prepared) -> str:
    """Launch a plan; return its id. Raises: SpotlightError where it may not be, or runs already."""
    from replay.running import check

    check(prepared.sealed.plan, prepared.ahead)
    return _launched(prepared.sealed, None)


def resume(replay_id: str, budget: str = "") -> None:
    """Go on with a plan that has stopped; `budget`, USD as typed, is raised where one is given.

    Raises: SpotlightError where it runs already, or that is no amount.
    """
    from replay.sealing import load
    from replay.typed import usd_of

    raised = usd_of(budget) if budget.strip() else None
    _launched(load(published().data, replay_id)[1], raised)


def stop(replay_id: str) -> None:
    """Ask a plan to stop; calls in flight are still awaited. Raises: NotFound."""
    from replay.progress import cancel
    from replay.sealing import load

    cancel(load(published().data, replay_id)[0])


def listed() -> tuple[list[Listed], int]:
    """Return the newest plans, the newest first, and how many there are."""
    from replay.sealing import folders

    found = folders(published().data)
    return [_look(folder) for folder in reversed(found[-LISTED:])], len(found)


def _launched(sealed: Sealed, budget_usd: Decimal | None) -> str:
    from replay.launch import launch

    if _is_starting(sealed.id):
        raise SpotlightError(f"replay {sealed.id} is starting already", hint="see /replays")
    _LAUNCHED[sealed.id] = launch(published().data, sealed, budget_usd)
    return sealed.id


def _is_starting(replay_id: str) -> bool:
    """Whether a process of ours works on a plan, or is about to."""
    process = _LAUNCHED.get(replay_id)
    if process is None or process.poll() is None:
        return process is not None
    del _LAUNCHED[replay_id]
    return False


def _look(folder: Path) -> Listed:
    from replay.launch import last_words
    from replay.progress import read_not_complete, read_progress

    try:
        sealed = _sealed(folder)
    except (SpotlightError, ValueError) as exc:
        return Listed(folder.name, None, None, error=str(exc))
    is_starting = _is_starting(folder.name)
    done = read_progress(folder)
    is_quiet = is_starting or done.state in ("running", "complete")
    odd: tuple[NotComplete, ...] = ()
    if done.outcomes.keys() - WELL:
        odd = tuple(read_not_complete(folder, [case.run_id for case in sealed.cases]))
    return Listed(folder.name, sealed, done, is_starting, odd, "" if is_quiet else last_words(folder))


@functools.lru_cache(maxsize=_ENDED)
def _sealed(folder: Path) -> Sealed:
    """Return the plan of a folder, which never changes."""
    from replay.sealing import load

    found, sealed = load(folder.parent.parent, folder.name)
    if found != folder:
        raise NotFound(f"{folder.name}: there is no such replay", hint="reload the page")
    return sealed
