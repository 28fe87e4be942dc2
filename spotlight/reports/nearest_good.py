"""The run that went well and is most like one that did not: what to hold a failure up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from spotlight.reports.alignment import words
from spotlight.reports.questions import Reports
from spotlight.reports.scored import ABOVE
from spotlight.reports.signals import SUCCESS
from spotlight.reports.turn_texts import turn_texts

# The newest good runs whose first input is read; older ones ran under other versions anyway.
CANDIDATES: Final = 100
MOST_BYTES: Final = 200_000  # of one first input
# Of runs whose inputs are equally alike, one that came the same way says more.
_ALIKE: Final = ("name", "service_name", "dialects")


class NearestGood(NamedTuple):
    """The nearest good run and why it was chosen; `run_id` is None where there is none, and `why` says it."""

    run_id: str | None
    why: str
    likeness: float | None  # share of the words of both first inputs that both say; None where not recorded
    candidates: int  # good runs that were looked at


def nearest_good(reports: Reports, run_id: str) -> NearestGood:
    """Return the good run of the same tenant and the same pack or agent whose first input is most alike.

    Good is a run that ended ok and that no verdict on its task calls a failure. Of equals, and where inputs
    are not recorded, the newest is taken. Raises: NotFound for a run that is not there.
    """
    run = reports.run(run_id)
    found = reports.ask("good_runs", _params(run)).to_pylist()
    whose = _whose(run)
    if not found:
        return NearestGood(None, f"no other run of {whose} ended well", None, 0)
    inputs = _first_inputs(reports, [str(run["run_id"]), *(row["run_id"] for row in found)])
    own = inputs.get(str(run["run_id"]))
    told = [(likeness(own, inputs.get(row["run_id"])), row) for row in found]  # newest first
    known = [(alike, row) for alike, row in told if alike is not None]
    if not known:
        unsaid = "the first input of this run" if not own else "the first input of the others"
        why = f"the newest of the last {len(found):,} good runs of {whose}; {unsaid} is not recorded"
        return NearestGood(found[0]["run_id"], why, None, len(found))
    # The first of equals is the newest.
    best, row = max(known, key=lambda pair: (round(pair[0], 2), sum(pair[1][n] == run[n] for n in _ALIKE)))
    why = (
        f"of the last {len(found):,} good runs of {whose}, the one whose first input is most alike: "
        f"{100 * best:.0f} % of the words of both"
    )
    return NearestGood(row["run_id"], why, best, len(found))


def is_refused(reports: Reports, run_id: str) -> bool:
    """Return whether a verdict on its task calls a run a failure."""
    asked = {"run_id": run_id, "names": list(SUCCESS), "above": ABOVE}
    return bool(reports.ask("refusals", asked).column("refusals")[0].as_py())


def likeness(a: str | None, b: str | None) -> float | None:
    """Return the share of the words of two texts that both say, 0 to 1; None where one says nothing."""
    one, other = words((a or "").lower()), words((b or "").lower())
    return len(one & other) / len(one | other) if one and other else None


def _params(run: Mapping[str, Any]) -> dict[str, object]:
    same = ("run_id", "tenant_claimed", "pack_name", "agent_name", "service_name")
    return {name: run[name] for name in same} | {
        "names": list(SUCCESS),
        "above": ABOVE,
        "limit": CANDIDATES,
    }


def _whose(run: Mapping[str, Any]) -> str:
    named = {"pack": run["pack_name"], "agent": run["agent_name"]}
    said = [f"{what} {name}" for what, name in named.items() if name]
    if not said and run["service_name"]:
        said = [f"service {run['service_name']}"]
    return " or ".join(said) or "a service that names no pack or agent"


def _first_inputs(reports: Reports, run_ids: Sequence[str]) -> dict[str, str]:
    """Return what the user asked first, by run; runs that say nothing are left out."""
    rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in reports.ask("first_inputs", {"run_ids": list(run_ids), "most": MOST_BYTES}).to_pylist():
        rows[row["run_id"]].append(row)
    return {run_id: asked for run_id, told in rows.items() if (asked := turn_texts(told).question)}
