"""Replays of case files in tests: offline, in the test's own process, nothing of it is kept.

from replay.testing import case_recording, replay_case, serving

def test_the_way_is_the_recorded_one():
    assert replay_case("cases/renewal.zip").tools == ["find_account", "send_email"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from replay.model import Recording
from replay.plan import make_plan
from replay.progress import read_items
from replay.proxy.serving import serving
from replay.recording import recording
from replay.running import check, look_ahead, run_plan
from replay.sealing import recordings_of, save, seal
from spotlight.semconv import GEN_AI_TOOL_NAME
from spotlight.testing import load_case

__all__ = ["RECORDED", "Replayed", "case_recording", "replay_case", "serving"]

RECORDED: Final[Mapping[str, Any]] = {"name": "recorded", "model": "recorded"}


class Replayed(NamedTuple):
    """How one replay went."""

    outcome: str  # complete, diverged, budget, error, incomplete
    reason: str  # why it is not complete
    tools: list[str]  # the tools it asked for, in order
    answered_by: dict[str, int]  # rung of the ladder -> tool calls it answered
    same: int  # steps that decided as recorded
    compared: int  # of so many that can be compared


def case_recording(path: str | Path, run_id: str | None = None) -> Recording:
    """Return what a case file recorded of a run; of a case that holds one, that one.

    Raises: UnreadableFile, NotFound.
    """
    case = load_case(path)
    return recording(case.reports, (case[run_id] if run_id else case.run).id)


def replay_case(
    path: str | Path, run_id: str | None = None, variant: Mapping[str, Any] = RECORDED, **plan: Any
) -> Replayed:
    """Replay a run of a case file in a closed loop with mocked tools, as a plan says it; return how it went.

    `variant` says what is changed, by default that the recording itself answers, free and offline; `plan`
    holds further fields of a plan: tools, stubs, faults, from_step, budget_usd, ...

    Raises: SpotlightError where the plan cannot be made or worked on.
    """
    case = load_case(path)
    wanted = (case[run_id] if run_id else case.run).id
    asked = make_plan({"runs": [wanted], "variants": [dict(variant)], "mode": "closed"} | plan)
    recordings = recordings_of(case.reports)
    sealed = seal(asked, case.reports, recordings=recordings).sealed
    tools: list[str] = []

    def keep(spans: Sequence[ReadableSpan]) -> None:
        named = (span.attributes or {} for span in spans)  # in the order in which they ended
        tools.extend(str(told[GEN_AI_TOOL_NAME]) for told in named if GEN_AI_TOOL_NAME in told)

    with TemporaryDirectory(prefix="spotlight-replay-") as name:
        folder = Path(name)
        check(asked, look_ahead(sealed, case.reports, folder, recordings))
        home = save(sealed, folder)
        run_plan(home, folder, sealed, keep, recordings=recordings)
        state = read_items(home)[0]
    told = json.loads(state.detail or "{}")
    return Replayed(
        str(state.outcome), told.get("reason") or "", tools, told.get("fidelity") or {},
        told.get("same", 0), told.get("compared", 0),
    )  # fmt: skip
